// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// Calls body(first, rows, gain) for all rows, in order; an empty gain where a row has none.
void for_parts(std::span<const RowGain> gains, int rows,
               const std::function<void(int first, int rows, const Tensor& gain)>& body) {
  int end = 0;
  for (const RowGain& at : gains) {
    if (at.first > end) body(end, at.first - end, {});
    body(at.first, at.rows, at.gain);
    end = at.first + at.rows;
  }
  if (end < rows) body(end, rows - end, {});
}

}  // namespace

Tensor scale_columns(Run& run, const Tensor& x, std::vector<RowGain> gains, const Weight* shift) {
  Tensor y = run.tensor(x.rows(), x.cols());
  bool recorded = run.records({x, shift ? shift->parameter() : Tensor()});
  for (const RowGain& at : gains) {
    check(int(at.gain.size()) == x.cols(), "scale_columns: a gain has ", at.gain.size(), " values, x ", x.cols(),
          " columns");
    recorded = recorded || run.records({at.gain});
  }
  for_parts(gains, x.rows(), [&](int first, int rows, const Tensor& gain) {
    const size_t at = size_t(first) * size_t(x.cols());
    run.kernels().scale_columns(run.stream(), x.data() + at, gain.data(), shift ? shift->vector() : nullptr,
                                y.data() + at, rows, x.cols());
  });
  if (!recorded) return y;
  run.tape->record({y.identity()},
                   [run, x = Saved(run, x), gains = std::move(gains), shift, out = y.identity()](Tape& tape) {
                     const Tensor dy = tape.upstream(out), values = x.restore(run);
                     float* dx = tape.gradient(x.identity());
                     for_parts(gains, x.rows(), [&](int first, int rows, const Tensor& gain) {
                       const size_t at = size_t(first) * size_t(x.cols());
                       run.kernels().scale_columns_backward(run.stream(), values.data() + at, gain.data(),
                                                            dy.data() + at, dx ? dx + at : nullptr,
                                                            gain ? tape.gradient(gain) : nullptr, rows, x.cols());
                     });
                     if (float* dshift = shift ? tape.gradient(shift->parameter()) : nullptr)
                       run.kernels().column_sum(run.stream(), dy.data(), dy.rows(), dy.cols(), dshift);
                   });
  return y;
}

}  // namespace graft::inline v0
