// SPDX-License-Identifier: Apache-2.0
//
// Head and cross-entropy over chunks of rows: a chunk's logits become their own gradient in place and are used up
// before the next chunk, so a vocabulary of 50,000 costs a few rows of memory and not a batch of them.
#include <algorithm>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int64_t kChunkLogits = int64_t{1} << 24;  // 64 MiB of floats

struct HeadChunk {
  int first, rows;  // of the targets
};

class Head {
 public:
  Head(Run& run, const Tensor& x, const Projection& head, HeadScores scores, const Targets& targets, bool recorded)
      : run_(run),
        head_(head),
        scores_(scores),
        targets_(targets),
        compute_(run.compute(head.weight->dtype())),
        recorded_(recorded) {
    if (recorded && run.tape->watches(x)) dx_ = Tensor::zeros(*run.memory, int(targets.rows.size()), x.cols());
  }

  // Log-probabilities of the chunk, and its gradients.
  void add(const Tensor& x, HeadChunk chunk, float* log_probabilities) {
    const Kernels& kernels = run_.kernels();
    const PackedMatrix weight = head_.weight->matrix();
    const Tensor products = run_.tensor(chunk.rows, weight.rows);
    const float* bias = head_.bias ? head_.bias->vector() : nullptr;
    float* out = products.data();
    kernels.linear(run_.stream(), compute_, {x.data(), x.cols()}, chunk.rows, &weight, &bias, &out, 1, nullptr, 0);
    const Tensor logits = score(products);
    kernels.cross_entropy(run_.stream(), logits.data(), &targets_.tokens[chunk.first],
                          recorded_ ? &targets_.weights[chunk.first] : nullptr, chunk.rows, weight.rows,
                          targets_.label_smoothing, log_probabilities);
    if (!recorded_) return;
    score_backward(products, logits);
    const float* dlogits = logits.data();
    if (dx_)
      kernels.linear_backward(run_.stream(), compute_, &dlogits, chunk.rows, &weight, nullptr, 1,
                              dx_.data() + size_t(chunk.first) * weight.cols);
    if (float* dweight = gradient(head_.weight))
      kernels.matmul(run_.stream(), compute_, {dlogits, weight.rows, true}, {x.data(), weight.cols}, dweight,
                     weight.cols, weight.rows, weight.cols, chunk.rows, 1, true);
    if (float* dbias = gradient(head_.bias)) kernels.column_sum(run_.stream(), dlogits, chunk.rows, weight.rows, dbias);
  }

  const Tensor& dx() const { return dx_; }

 private:
  bool is_plain() const { return scores_.scale == 1 && scores_.soft_cap == 0; }

  // In the place of the products where these need not be kept.
  Tensor score(const Tensor& products) const {
    if (is_plain()) return products;
    const Tensor logits = scores_.soft_cap == 0 ? products : run_.tensor(products.rows(), products.cols());
    run_.kernels().soft_cap(run_.stream(), products.data(), scores_.scale, scores_.soft_cap, logits.data(),
                            int64_t(logits.size()));
    return logits;
  }

  // The gradient of the logits becomes that of the products.
  void score_backward(const Tensor& products, const Tensor& dlogits) const {
    if (is_plain()) return;
    run_.kernels().soft_cap_backward(run_.stream(), products.data(), scores_.scale, scores_.soft_cap, dlogits.data(),
                                     dlogits.data(), int64_t(dlogits.size()), false);
  }

  float* gradient(const Weight* weight) const {
    return weight && weight->parameter() ? run_.tape->gradient(weight->parameter()) : nullptr;
  }

  Run& run_;
  const Projection& head_;
  HeadScores scores_;
  const Targets& targets_;
  Compute compute_;
  bool recorded_;
  Tensor dx_;
};

}  // namespace

HeadLoss head_loss(Run& run, const Tensor& x, const Projection& head, HeadScores scores, const Targets& targets) {
  check(head.weight->cols() == x.cols(), head.weight->name(), ": takes ", head.weight->cols(), " columns, x has ",
        x.cols());
  const int count = int(targets.rows.size());
  const bool recorded =
      run.records({x}) || (run.tape && head.weight->parameter() && run.tape->watches(head.weight->parameter()));
  HeadLoss result{run.tensor(1, 1), std::vector<float>(size_t(count))};
  Head chunks(run, x, head, scores, targets, recorded);
  const int64_t row_logits = int64_t(head.weight->rows()) * (scores.soft_cap == 0 ? 1 : 2);
  const int most = int(std::clamp<int64_t>(kChunkLogits / row_logits, 32, 4096));
  const int chunk_count = (count + most - 1) / most, step = chunk_count ? (count + chunk_count - 1) / chunk_count : 0;
  for (int first = 0; first < count; first += step) {
    const int rows = std::min(step, count - first);
    const Tensor chunk = run.tensor(rows, x.cols());
    run.kernels().gather_rows(run.stream(), x.data(), &targets.rows[first], rows, x.cols(), chunk.data());
    chunks.add(chunk, {first, rows}, &result.log_probabilities[first]);
  }
  double loss = 0;
  for (int i = 0; i < count; ++i) loss -= double(targets.weights[i]) * result.log_probabilities[i];
  *result.loss.data() = float(loss);

  if (recorded)
    run.tape->record({result.loss.identity()},
                     [run, x = x.identity(), rows = targets.rows, dx = chunks.dx()](Tape& tape) {
                       if (!dx) return;
                       run.kernels().embedding_backward(run.stream(), rows.data(), dx.data(), int(rows.size()), x->cols,
                                                        x->rows, tape.gradient(x));
                     });
  return result;
}

}  // namespace graft::inline v0
