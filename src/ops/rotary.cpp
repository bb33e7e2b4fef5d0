// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

RotaryTable rotary_table(Run& run, const Tensor& inverse_frequency, float scale) {
  const int half = inverse_frequency.cols();
  RotaryTable table{run.tensor(run.batch.rows(), half), run.tensor(run.batch.rows(), half)};
  run.kernels().rotary_table(run.stream(), run.batch.positions.data(), inverse_frequency.data(), scale,
                             run.batch.rows(), half, table.cosine.data(), table.sine.data());
  return table;
}

Tensor rotary(Run& run, const Tensor& x, const RotaryTable& table, int head_width) {
  const int half = table.cosine.cols();
  check(x.cols() % head_width == 0 && 2 * half <= head_width, "rotary: ", x.cols(), " columns in heads of ", head_width,
        ", turning ", 2 * half);
  const int heads = x.cols() / head_width;
  Tensor y = run.tensor(x.rows(), x.cols());
  run.kernels().rotary(run.stream(), x.data(), table.cosine.data(), table.sine.data(), y.data(), x.rows(), heads,
                       head_width, half, false, false);

  // The gradient turns back.
  if (run.records({x}))
    run.tape->record(
        {y.identity()}, [run, x = x.identity(), table, heads, head_width, half, out = y.identity()](Tape& tape) {
          const GradientSum dx = tape.sum(x);
          run.kernels().rotary(run.stream(), tape.upstream(out).data(), table.cosine.data(), table.sine.data(), dx.data,
                               x->rows, heads, head_width, half, true, !dx.is_unset);
        });
  return y;
}

}  // namespace graft::inline v0
