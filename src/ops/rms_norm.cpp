// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor rms_norm(Run& run, const Tensor& x, const Weight& gain, float epsilon) {
  check(gain.cols() == x.cols(), gain.name(), ": has ", gain.cols(), " columns, x has ", x.cols());
  Tensor y = run.tensor(x.rows(), x.cols());
  const bool recorded = run.records({x, gain.parameter()});
  const Tensor inverse = recorded ? run.tensor(x.rows(), 1) : Tensor();
  run.kernels().rms_norm(run.stream(), x.data(), gain.vector(), y.data(), recorded ? inverse.data() : nullptr,
                         x.rows(), x.cols(), epsilon);

  if (recorded)
    run.tape->record({y.identity()}, [run, x = Saved(run, x), &gain, inverse, out = y.identity()](Tape& tape) {
      run.kernels().rms_norm_backward(run.stream(), x.restore(run).data(), gain.vector(), inverse.data(),
                                      tape.upstream(out).data(), tape.gradient(x.identity()),
                                      tape.gradient(gain.parameter()), x.rows(), x.cols());
    });
  return y;
}

}  // namespace graft::inline v0
