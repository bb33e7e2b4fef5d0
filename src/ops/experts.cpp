// SPDX-License-Identifier: Apache-2.0
#include "ops/experts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/saved.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

float* row_of(float* data, int row, int cols) { return data + size_t(row) * size_t(cols); }
float* row_of(const Tensor& x, int row) { return row_of(x.data(), row, x.cols()); }

void softmax(const Tensor& logits, const Tensor& probabilities) {
  const auto experts = size_t(logits.cols());
  logits.memory().wait();
  for (int row = 0; row < logits.rows(); ++row) {
    const float *in = row_of(logits, row), top = *std::max_element(in, in + experts);
    float* out = row_of(probabilities, row);
    double total = 0;
    for (size_t i = 0; i < experts; ++i) total += std::exp(double(in[i]) - top);
    for (size_t i = 0; i < experts; ++i) out[i] = float(std::exp(double(in[i]) - top) / total);
  }
}

// The places of the `used` largest values, largest first.
void choose(const float* values, int count, int used, std::vector<int32_t>& chosen) {
  chosen.resize(size_t(count));
  std::iota(chosen.begin(), chosen.end(), 0);
  std::partial_sort(chosen.begin(), chosen.begin() + used, chosen.end(),
                    [&](int32_t a, int32_t b) { return values[a] > values[b] || (values[a] == values[b] && a < b); });
  chosen.resize(size_t(used));
}

// Through which the gradient of the weights reaches the probabilities.
struct Choice {
  std::vector<int32_t> experts;  // of all slots
  std::vector<float> sums;       // by which a row's weights were divided; empty: not at all
};

// dlogits += p · (dp - Σ p · dp) of each row, for dp of the probabilities and of the weights.
void route_backward(const Routing& routing, const Choice& choice, const Tensor& dweights, const Tensor& dprobabilities,
                    float* dlogits) {
  const auto experts = size_t(routing.probabilities.cols()), used = size_t(routing.used);
  std::vector<double> dp(experts);
  for (int row = 0; row < routing.probabilities.rows(); ++row) {
    const float* p = row_of(routing.probabilities, row);
    dp.assign(experts, 0);
    if (dprobabilities) std::copy_n(row_of(dprobabilities, row), experts, dp.begin());
    if (dweights) {
      const float *dw = row_of(dweights, row), *w = row_of(routing.weights, row);
      const bool divided = !choice.sums.empty();
      const double common = divided ? std::inner_product(w, w + used, dw, 0.0) : 0;
      const double sum = divided ? choice.sums[size_t(row)] : 1;
      for (size_t slot = 0; slot < used; ++slot)
        dp[size_t(choice.experts[size_t(row) * used + slot])] += (dw[slot] - common) / sum;
    }
    const double common = std::inner_product(p, p + experts, dp.begin(), 0.0);
    for (size_t i = 0; i < experts; ++i) row_of(dlogits, row, int(experts))[i] += float(p[i] * (dp[i] - common));
  }
}

}  // namespace

Routing route(Run& run, const Tensor& logits, int used, bool normalized) {
  const int rows = logits.rows(), experts = logits.cols();
  check(used > 0 && used <= experts, "route: ", used, " experts a row, expected 1 to ", experts);
  Routing routing{std::vector<std::vector<int32_t>>(size_t(experts)),
                  std::vector<std::vector<int32_t>>(size_t(experts)), run.tensor(rows, used), run.tensor(rows, experts),
                  used};
  softmax(logits, routing.probabilities);
  Choice choice;
  std::vector<int32_t> chosen;
  for (int row = 0; row < rows; ++row) {
    const float* p = row_of(routing.probabilities, row);
    choose(p, experts, used, chosen);
    float sum = 0;
    for (const int32_t expert : chosen) sum += p[expert];
    if (normalized) choice.sums.push_back(sum);
    for (int slot = 0; slot < used; ++slot) {
      const auto expert = size_t(chosen[size_t(slot)]);
      row_of(routing.weights, row)[slot] = normalized ? p[expert] / sum : p[expert];
      routing.rows[expert].push_back(row);
      routing.slots[expert].push_back(row * used + slot);
    }
    choice.experts.insert(choice.experts.end(), chosen.begin(), chosen.end());
  }

  if (run.records({logits}))
    run.tape->record({routing.weights.identity(), routing.probabilities.identity()},
                     [logits = logits.identity(), kept = Routing{{}, {}, routing.weights, routing.probabilities, used},
                      choice = std::move(choice)](Tape& tape) {
                       route_backward(kept, choice, tape.upstream(kept.weights.identity()),
                                      tape.upstream(kept.probabilities.identity()), tape.gradient_on_host(logits));
                     });
  return routing;
}

namespace {

// What combine keeps of an expert: its rows, their slots, and its output.
struct Expert {
  std::vector<int32_t> rows, slots;
  Saved output;
};

void combine_backward(const Run& run, Tape& tape, const Expert& expert, const Tensor& weights, const Tensor& dy) {
  const Kernels& kernels = run.kernels();
  const int cols = dy.cols();
  float *doutput = tape.gradient(expert.output.identity()), *dweights = tape.gradient(weights);
  const Tensor output = dweights ? expert.output.restore(run) : Tensor();
  const std::span<const float> shares = weights.values();
  for (size_t i = 0; i < expert.rows.size(); ++i) {
    const float* d = row_of(dy, expert.rows[i]);
    const auto slot = size_t(expert.slots[i]);
    if (doutput) kernels.accumulate(run.stream(), d, shares[slot], row_of(doutput, int(i), cols), cols);
    if (dweights)
      kernels.matmul(run.stream(), Compute::f32, {d, cols}, {row_of(output, int(i)), cols, true}, dweights + slot, 1, 1,
                     1, cols, 1, true);
  }
}

}  // namespace

Tensor combine(Run& run, const Routing& routing, std::span<const Tensor> outputs, int rows) {
  check(outputs.size() == routing.rows.size(), "combine: ", outputs.size(), " outputs, expected one for each of ",
        routing.rows.size(), " experts");
  check(rows == routing.weights.rows(), "combine: ", rows, " rows, but ", routing.weights.rows(), " were routed");
  const auto busy = std::find_if(routing.rows.begin(), routing.rows.end(), [](const auto& r) { return !r.empty(); });
  check(busy != routing.rows.end(), "combine: no rows");
  Tensor y = Tensor::zeros(*run.memory, rows, outputs[size_t(busy - routing.rows.begin())].cols());
  const std::span<const float> shares = routing.weights.values();
  bool recorded = run.records({routing.weights});
  for (size_t e = 0; e < outputs.size(); ++e) {
    const std::vector<int32_t>& own = routing.rows[e];
    if (own.empty()) continue;
    check(outputs[e].rows() == int(own.size()) && outputs[e].cols() == y.cols(), "combine: the output of expert ", e,
          " is ", outputs[e].rows(), " x ", outputs[e].cols(), ", expected ", own.size(), " x ", y.cols());
    recorded = recorded || run.records({outputs[e]});
    for (size_t i = 0; i < own.size(); ++i)
      run.kernels().accumulate(run.stream(), row_of(outputs[e], int(i)), shares[size_t(routing.slots[e][i])],
                               row_of(y, own[i]), y.cols());
  }

  if (recorded) {
    std::vector<Expert> experts;
    for (size_t e = 0; e < outputs.size(); ++e)
      if (!routing.rows[e].empty()) experts.push_back({routing.rows[e], routing.slots[e], Saved(run, outputs[e])});
    run.tape->record({y.identity()},
                     [run, experts = std::move(experts), weights = routing.weights, out = y.identity()](Tape& tape) {
                       const Tensor dy = tape.upstream(out);
                       for (const Expert& expert : experts) combine_backward(run, tape, expert, weights, dy);
                     });
  }
  return y;
}

Tensor balance_loss(Run& run, std::span<const Routing> layers) {
  check(!layers.empty(), "balance_loss: no layers");
  const int experts = layers[0].probabilities.cols();
  const Tensor taken = Tensor::zeros(*run.memory, 1, experts), probability = Tensor::zeros(*run.memory, 1, experts);
  double rows = 0;
  bool recorded = false;
  std::vector<Identity> probabilities;
  for (const Routing& layer : layers) {
    check(layer.probabilities.cols() == experts, "balance_loss: a layer has ", layer.probabilities.cols(),
          " experts, the first ", experts);
    for (size_t e = 0; e < size_t(experts); ++e) taken.values()[e] += float(layer.rows[e].size());
    run.kernels().column_sum(run.stream(), layer.probabilities.data(), layer.probabilities.rows(), experts,
                             probability.data());
    rows += layer.probabilities.rows();
    recorded = recorded || run.records({layer.probabilities});
    probabilities.push_back(layer.probabilities.identity());
  }
  const double factor = experts / (rows * rows);
  Tensor loss = run.tensor(1, 1);
  const std::span<const float> counts = taken.values();
  loss.value() = float(factor * std::inner_product(counts.begin(), counts.end(), probability.data(), 0.0));

  if (recorded)
    run.tape->record({loss.identity()}, [run, probabilities, taken, factor, out = loss.identity()](Tape& tape) {
      const float slope = float(factor) * tape.upstream(out).value();
      for (const Identity& layer : probabilities)
        if (float* dp = tape.gradient(layer))
          for (int row = 0; row < layer->rows; ++row)
            run.kernels().accumulate(run.stream(), taken.data(), slope, row_of(dp, row, layer->cols), layer->cols);
    });
  return loss;
}

}  // namespace graft::inline v0
