// SPDX-License-Identifier: Apache-2.0
//
// Head and cross-entropy over chunks of rows: a chunk's logits become their own gradient in place and are used up
// before the next chunk, so a vocabulary of 50,000 costs a few rows of memory and not a batch of them.
#include <algorithm>

#include "ops/ops.hpp"
#include "support/message.hpp"
#include "tensor/rows_run.hpp"

namespace graft::inline v0 {
namespace {

constexpr int64_t kChunkLogits = int64_t{1} << 24;  // 64 MiB of floats

// Rows of the targets: log-probabilities, and with a tape the gradient of the rows of x.
class Chunk {
 public:
  Chunk(Run& run, const Targets& targets, int first, int rows)
      : run_(run),
        targets_(targets),
        first_(size_t(first)),
        rows_(size_t(rows)),
        part_(run_on_rows(run, std::span(targets.rows).subspan(first_, rows_))) {}

  // `dx`: the gradients of the chunk's rows; null: nobody wants them. Returns whether any gradient was made.
  bool compute(const Tensor& x, const Projection& head, HeadScores scores, float* log_probabilities, float* dx) {
    const Tensor chunk = run_.tensor(int(rows_), x.cols());
    run_.kernels().gather_rows(run_.stream(), x.data(), &targets_.rows[first_], chunk.rows(), x.cols(), chunk.data());
    if (!run_.tape) {
      score(logits(chunk, head, scores), false, log_probabilities);
      return false;
    }
    Tape inside = run_.tape->nested(chunk);
    if (dx) inside.watch(chunk);
    part_->tape = &inside;
    const Tensor y = logits(chunk, head, scores);
    const bool is_watched = inside.watches(y);
    score(y, is_watched, log_probabilities);
    if (is_watched) inside.backward(y, y);
    if (dx) run_.memory->copy(inside.upstream(chunk.identity()).data(), dx, chunk.size());
    return is_watched;
  }

 private:
  Tensor logits(const Tensor& chunk, const Projection& head, HeadScores scores) {
    const Tensor y = scaled(*part_, linear(*part_, chunk, {&head, 1})[0], scores.scale);
    return scores.soft_cap > 0 ? soft_cap(*part_, y, scores.soft_cap) : y;
  }

  // The logits become their gradient where it is wanted.
  void score(const Tensor& logits, bool is_watched, float* log_probabilities) const {
    run_.kernels().cross_entropy(run_.stream(), logits.data(), &targets_.tokens[first_],
                                 is_watched ? &targets_.weights[first_] : nullptr, logits.rows(), logits.cols(),
                                 targets_.label_smoothing, log_probabilities);
  }

  Run& run_;
  const Targets& targets_;
  size_t first_, rows_;
  std::shared_ptr<Run> part_;
};

}  // namespace

HeadLoss head_loss(Run& run, const Tensor& x, const Projection& head, HeadScores scores, const Targets& targets) {
  check(head.weight->cols() == x.cols(), head.weight->name(), ": takes ", head.weight->cols(), " columns, x has ",
        x.cols());
  const int count = int(targets.rows.size());
  const Tensor log_probabilities = run.tensor(1, count);
  const Tensor dx = run.records({x}) ? Tensor::zeros(*run.memory, count, x.cols()) : Tensor();
  const int64_t copies = 1 + (scores.scale != 1) + (scores.soft_cap > 0);
  const int64_t row_logits = int64_t(head.weight->rows()) * copies;
  const int most = int(std::clamp<int64_t>(kChunkLogits / row_logits, 32, 4096));
  const int chunk_count = (count + most - 1) / most, step = chunk_count ? (count + chunk_count - 1) / chunk_count : 0;
  bool recorded = false;
  for (int first = 0; first < count; first += step) {
    float* slopes = dx ? dx.data() + size_t(first) * size_t(dx.cols()) : nullptr;
    recorded |= Chunk(run, targets, first, std::min(step, count - first))
                    .compute(x, head, scores, log_probabilities.data() + first, slopes);
  }
  const std::span<const float> values = log_probabilities.values();
  HeadLoss result{run.tensor(1, 1), {values.begin(), values.end()}};
  double loss = 0;
  for (int i = 0; i < count; ++i) loss -= double(targets.weights[i]) * result.log_probabilities[i];
  result.loss.value() = float(loss);

  if (recorded)
    run.tape->record({result.loss.identity()}, [run, x = x.identity(), rows = targets.rows, dx](Tape& tape) {
      if (!dx) return;
      run.kernels().embedding_backward(run.stream(), rows.data(), dx.data(), int(rows.size()), x->cols, x->rows,
                                       tape.gradient(x));
    });
  return result;
}

}  // namespace graft::inline v0
