// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor activation(Run& run, Activation kind, const Tensor& x, Dtype dtype) {
  if (kind == Activation::identity) return x;
  Tensor y = run.tensor(x.rows(), x.cols(), dtype);
  run.kernels().activation(run.stream(), kind, x.data(), y.destination(), int64_t(y.size()));

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, kind, x = Saved(run, x), out = y.identity()](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      run.kernels().activation_backward(run.stream(), kind, x.data(), x.dtype(), dy.data(),
                                        tape.rounded_sum(x.identity()), int64_t(dy.size()));
    });
  return y;
}

Tensor gated_activation(Run& run, Activation kind, const Tensor& gate, const Tensor& up, Dtype dtype) {
  check(gate.rows() == up.rows() && gate.cols() == up.cols(), "gated_activation: gate is ", gate.rows(), " x ",
        gate.cols(), ", up ", up.rows(), " x ", up.cols());
  Tensor y = run.tensor(gate.rows(), gate.cols(), dtype);
  run.kernels().gated_activation(run.stream(), kind, gate.data(), up.data(), y.destination(), int64_t(y.size()));

  if (run.records({gate, up}))
    run.tape->record(
        {y.identity()}, [run, kind, gate = Saved(run, gate), up = Saved(run, up), out = y.identity()](Tape& tape) {
          const Tensor dy = tape.upstream(out);
          // dgate is the first written
          const GradientSum dgate = tape.rounded_sum(gate.identity()), dup = tape.rounded_sum(up.identity());
          run.kernels().gated_activation_backward(run.stream(), kind, gate.data(), up.data(), gate.dtype(), dy.data(),
                                                  dgate, dup, int64_t(dy.size()));
        });
  return y;
}

}  // namespace graft::inline v0
