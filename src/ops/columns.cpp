// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor columns(Run& run, const Tensor& x, ColumnBlocks blocks) {
  const auto [first, width, step, count] = blocks;
  check(first >= 0 && width >= 0 && step >= 0 && count > 0 && first + int64_t(count - 1) * step + width <= x.cols(),
        "columns: ", count, " blocks of ", width, " from ", first, " on in steps of ", step, ", x has ", x.cols());
  Tensor y = run.tensor(x.rows(), count * width);
  run.kernels().copy_columns(run.stream(), x.data(), x.rows(), x.cols(), blocks, y.data());

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = x.identity(), blocks, out = y.identity()](Tape& tape) {
      run.kernels().copy_columns_backward(run.stream(), tape.upstream(out).data(), x->rows, x->cols, blocks,
                                          tape.gradient(x));
    });
  return y;
}

}  // namespace graft::inline v0
