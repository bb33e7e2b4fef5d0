// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "ops/row_parts.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

namespace {

Tensor rms_norm_of(Run& run, const Tensor& x, const Weight& gain, float epsilon, float offset, Dtype dtype) {
  const int cols = gain.cols(), rows = int(x.size() / size_t(cols));
  check(x.cols() % cols == 0, gain.name(), ": has ", cols, " columns, x has ", x.cols());
  Tensor y = run.tensor(x.rows(), x.cols(), dtype);
  const bool recorded = run.records({x, gain.parameter()});
  const Tensor inverse = recorded ? run.tensor(rows, 1) : Tensor();
  run.kernels().rms_norm(run.stream(), x.data(), gain.vector(), y.destination(), inverse.data(), rows, cols, epsilon,
                         offset);

  if (recorded)
    run.tape->record({y.identity()}, [run, x = Saved(run, x), &gain, inverse, offset, out = y.identity()](Tape& tape) {
      run.kernels().rms_norm_backward(run.stream(), x.restore(run).data(), gain.vector(), inverse.data(),
                                      tape.upstream(out).data(), tape.sum(x.identity()),
                                      tape.gradient(gain.parameter()), inverse.rows(), gain.cols(), offset);
    });
  return y;
}

}  // namespace

Tensor rms_norm(Run& run, const Tensor& x, const Weight& gain, float epsilon, float offset, Dtype dtype) {
  const RowParts parts(run, {&gain});
  if (parts.is_one()) return rms_norm_of(run, x, *parts.weight(&gain), epsilon, offset, dtype);
  return parts.join(run, [&](Run& part, std::span<const int32_t> rows) {
    return std::vector{rms_norm(part, gather_rows(run, x, rows), gain, epsilon, offset)};
  })[0];
}

}  // namespace graft::inline v0
