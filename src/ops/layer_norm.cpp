// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "ops/row_parts.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

namespace {

Tensor layer_norm_of(Run& run, const Tensor& x, const Weight& gain, const Weight* bias, float epsilon, Dtype dtype) {
  const int cols = gain.cols(), rows = int(x.size() / size_t(cols));
  check(x.cols() % cols == 0, gain.name(), ": has ", cols, " columns, x has ", x.cols());
  check(!bias || bias->cols() == cols, gain.name(), ": has ", cols, " columns, its bias ", bias ? bias->cols() : 0);
  Tensor y = run.tensor(x.rows(), x.cols(), dtype);
  const bool recorded = run.records({x, gain.parameter(), bias ? bias->parameter() : Tensor()});
  const Tensor mean = recorded ? run.tensor(rows, 1) : Tensor(), inverse = recorded ? run.tensor(rows, 1) : Tensor();
  run.kernels().layer_norm(run.stream(), x.data(), gain.vector(), bias ? bias->vector() : nullptr, y.destination(),
                           mean.data(), inverse.data(), rows, cols, epsilon);

  if (recorded)
    run.tape->record({y.identity()},
                     [run, x = Saved(run, x), &gain, bias, mean, inverse, out = y.identity()](Tape& tape) {
                       run.kernels().layer_norm_backward(
                           run.stream(), x.restore(run).data(), gain.vector(), mean.data(), inverse.data(),
                           tape.upstream(out).data(), tape.sum(x.identity()), tape.gradient(gain.parameter()),
                           bias ? tape.gradient(bias->parameter()) : nullptr, mean.rows(), gain.cols());
                     });
  return y;
}

}  // namespace

Tensor layer_norm(Run& run, const Tensor& x, const Weight& gain, const Weight* bias, float epsilon, Dtype dtype) {
  const RowParts parts(run, {&gain, bias});
  if (parts.is_one()) return layer_norm_of(run, x, *parts.weight(&gain), parts.weight(bias), epsilon, dtype);
  return parts.join(run, [&](Run& part, std::span<const int32_t> rows) {
    return std::vector{layer_norm(part, gather_rows(run, x, rows), gain, bias, epsilon)};
  })[0];
}

}  // namespace graft::inline v0
