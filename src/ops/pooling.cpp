// SPDX-License-Identifier: Apache-2.0
//
// A sequence as one vector: its mean, and the direction of that.
#include <algorithm>
#include <cmath>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor mean_rows(Run& run, const Tensor& x) {
  const Batch& batch = run.batch;
  check(x.rows() == batch.rows(), "mean_rows: x has ", x.rows(), " rows, the batch ", batch.rows());
  Tensor y = Tensor::zeros(*run.memory, batch.sequences(), x.cols());
  for (int i = 0; i < batch.sequences(); ++i) {
    check(batch.length(i) > 0, "mean_rows: sequence ", i, " is empty");
    float* mean = y.data() + size_t(i) * size_t(x.cols());
    run.kernels().column_sum(run.stream(), x.data() + size_t(batch.offsets[size_t(i)]) * size_t(x.cols()),
                             batch.length(i), x.cols(), mean);
    run.kernels().soft_cap(run.stream(), mean, 1 / float(batch.length(i)), 0, mean, x.cols());
  }

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = x.identity(), out = y.identity()](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      const size_t cols = size_t(x->cols);
      float* dx = tape.gradient(x);
      for (int i = 0; i < dy.rows(); ++i)
        for (int row = run.batch.offsets[size_t(i)]; row < run.batch.offsets[size_t(i) + 1]; ++row)
          run.kernels().accumulate(run.stream(), dy.data() + size_t(i) * cols, 1 / float(run.batch.length(i)),
                                   dx + size_t(row) * cols, int64_t(cols));
    });
  return y;
}

// The 2-norm is the root mean square times the root of the number of columns.
Tensor normalized(Run& run, const Tensor& x) {
  constexpr float kLeastSquare = 1e-24f;
  const auto columns = float(x.cols());
  const Tensor share = run.tensor(1, x.cols()), inverse = run.tensor(x.rows(), 1);
  std::ranges::fill(share.values(), 1 / std::sqrt(columns));
  Tensor y = run.tensor(x.rows(), x.cols());
  run.kernels().rms_norm(run.stream(), x.data(), share.data(), y.data(), inverse.data(), x.rows(), x.cols(),
                         kLeastSquare / columns, 0);

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = Saved(run, x), share, inverse, out = y.identity()](Tape& tape) {
      run.kernels().rms_norm_backward(run.stream(), x.restore(run).data(), share.data(), inverse.data(),
                                      tape.upstream(out).data(), tape.sum(x.identity()), nullptr, x.rows(), x.cols(),
                                      0);
    });
  return y;
}

}  // namespace graft::inline v0
