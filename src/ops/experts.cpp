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
  std::vector<int32_t> experts;  // of all weights
  std::vector<float> sums;       // by which a row's weights were divided; empty: not at all
};

// dlogits += p · (dp - Σ p · dp) of each row, for dp of the probabilities and of the weights.
void route_backward(const Tensor& weights, const Tensor& probabilities, const Choice& choice, const Tensor& dweights,
                    const Tensor& dprobabilities, float* dlogits) {
  const auto experts = size_t(probabilities.cols()), used = size_t(weights.cols());
  std::vector<double> dp(experts);
  for (int row = 0; row < probabilities.rows(); ++row) {
    const float* p = row_of(probabilities, row);
    dp.assign(experts, 0);
    if (dprobabilities) std::copy_n(row_of(dprobabilities, row), experts, dp.begin());
    if (dweights) {
      const float *dw = row_of(dweights, row), *w = row_of(weights, row);
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

// Which rows each expert has, from the experts of all weights.
void sort_by_expert(const std::vector<int32_t>& chosen, int experts, int used, Routing& routing) {
  routing.experts.resize(size_t(experts));
  for (const int32_t expert : chosen) ++routing.experts[size_t(expert)].rows;
  std::vector<int32_t> next;  // the place of each expert's next row
  int first = 0;
  for (RowSpan& range : routing.experts) {
    range.first = first;
    next.push_back(first);
    first += range.rows;
  }
  routing.rows.resize(chosen.size());
  for (size_t i = 0; i < chosen.size(); ++i) {
    const int32_t place = next[size_t(chosen[i])]++;
    routing.rows[size_t(place)] = int32_t(i) / used;
    routing.places.push_back(place);
  }
}

}  // namespace

Routing route(Run& run, const Tensor& logits, int used, bool normalized) {
  const int rows = logits.rows(), experts = logits.cols();
  check(used > 0 && used <= experts, "route: ", used, " experts a row, expected 1 to ", experts);
  Routing routing{.weights = run.tensor(rows, used), .probabilities = run.tensor(rows, experts)};
  softmax(logits, routing.probabilities);
  Choice choice;
  std::vector<int32_t> chosen;
  for (int row = 0; row < rows; ++row) {
    const float* p = row_of(routing.probabilities, row);
    choose(p, experts, used, chosen);
    float sum = 0;
    for (const int32_t expert : chosen) sum += p[expert];
    if (normalized) choice.sums.push_back(sum);
    for (int slot = 0; slot < used; ++slot)
      row_of(routing.weights, row)[slot] = normalized ? p[chosen[size_t(slot)]] / sum : p[chosen[size_t(slot)]];
    choice.experts.insert(choice.experts.end(), chosen.begin(), chosen.end());
  }
  sort_by_expert(choice.experts, experts, used, routing);

  if (run.records({logits}))
    run.tape->record({routing.weights.identity(), routing.probabilities.identity()},
                     [logits = logits.identity(), weights = routing.weights, probabilities = routing.probabilities,
                      choice = std::move(choice)](Tape& tape) {
                       route_backward(weights, probabilities, choice, tape.upstream(weights.identity()),
                                      tape.upstream(probabilities.identity()), tape.gradient_on_host(logits));
                     });
  return routing;
}

Tensor combine(Run& run, const Routing& routing, const Tensor& outputs) {
  const int rows = routing.weights.rows(), used = routing.weights.cols();
  check(outputs.rows() == rows * used, "combine: ", outputs.rows(), " outputs of ", rows, " rows with ", used,
        " experts each");
  Tensor y = run.tensor(rows, outputs.cols());
  run.kernels().combine_rows(run.stream(), outputs.data(), routing.places.data(), routing.weights.data(), rows, used,
                             y.cols(), y.data());

  if (run.records({routing.weights, outputs}))
    run.tape->record({y.identity()}, [run, x = Saved(run, outputs), places = routing.places, weights = routing.weights,
                                      out = y.identity()](Tape& tape) {
      float *dx = tape.gradient(x.identity()), *dweights = tape.gradient(weights);
      run.kernels().combine_rows_backward(run.stream(), dweights ? x.restore(run).data() : nullptr, places.data(),
                                          weights.data(), tape.upstream(out).data(), weights.rows(), weights.cols(),
                                          x.cols(), dx, dweights);
    });
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
    for (size_t e = 0; e < size_t(experts); ++e) taken.values()[e] += float(layer.experts[e].rows);
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
