// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor silu_gate(Run& run, const Tensor& gate, const Tensor& up) {
  check(gate.cols() == up.cols(), "silu_gate: gate has ", gate.cols(), " columns, up ", up.cols());
  Tensor y = run.tensor(gate.rows(), gate.cols());
  run.kernels().silu_gate(run.stream(), gate.data(), up.data(), y.data(), int64_t(y.size()));

  if (run.records({gate, up}))
    run.tape->record({y.identity()}, [run, gate = Saved(run, gate), up = Saved(run, up), out = y.identity()](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      run.kernels().silu_gate_backward(run.stream(), gate.data(), up.data(), run.saved, dy.data(),
                                       tape.gradient(gate.identity()), tape.gradient(up.identity()),
                                       int64_t(dy.size()));
    });
  return y;
}

Tensor add(Run& run, const Tensor& a, const Tensor& b) {
  check(a.rows() == b.rows() && a.cols() == b.cols(), "add: ", a.rows(), " x ", a.cols(), " and ", b.rows(), " x ",
        b.cols());
  Tensor y = run.tensor(a.rows(), a.cols());
  run.kernels().add(run.stream(), a.data(), b.data(), y.data(), int64_t(y.size()));

  if (run.records({a, b}))
    run.tape->record({y.identity()}, [run, a = a.identity(), b = b.identity(), out = y.identity()](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      if (float* db = tape.gradient(b)) run.kernels().accumulate(run.stream(), dy.data(), 1, db, int64_t(dy.size()));
      tape.add_gradient(a, dy);
    });
  return y;
}

Tensor dropout(Run& run, const Tensor& x, float rate, int site) {
  if (!run.training || rate == 0) return x;
  Tensor y = run.tensor(x.rows(), x.cols());
  const RandomKey key{run.seed, run.step, uint64_t(site)};
  run.kernels().dropout(run.stream(), key, run.batch.row_keys.data(), rate, x.data(), y.data(), x.rows(), x.cols(),
                        false);

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = x.identity(), key, rate, out = y.identity()](Tape& tape) {
      run.kernels().dropout(run.stream(), key, run.batch.row_keys.data(), rate, tape.upstream(out).data(),
                            tape.gradient(x), x->rows, x->cols, true);
    });
  return y;
}

}  // namespace graft::inline v0
