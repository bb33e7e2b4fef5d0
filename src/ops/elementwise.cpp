// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor add(Run& run, const Tensor& a, const Tensor& b) {
  check(a.rows() == b.rows() && a.cols() == b.cols(), "add: ", a.rows(), " x ", a.cols(), " and ", b.rows(), " x ",
        b.cols());
  Tensor y = run.tensor(a.rows(), a.cols());
  run.kernels().add(run.stream(), a.data(), b.data(), y.data(), int64_t(y.size()));

  if (run.records({a, b}))
    run.tape->record({y.identity()}, [run, a = a.identity(), b = b.identity(), out = y.identity()](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      if (const GradientSum db = tape.sum(b))
        run.kernels().accumulate(run.stream(), dy.data(), 1, db, int64_t(dy.size()));
      tape.add_gradient(a, dy);
    });
  return y;
}

Tensor reshaped(Run& run, const Tensor& x, int rows, int cols) {
  check(size_t(rows) * cols == x.size(), "reshaped: ", x.rows(), " x ", x.cols(), " as ", rows, " x ", cols);
  const Tensor y = x.reshaped(rows, cols);
  if (run.records({x}))
    run.tape->record({y.identity()}, [x = x.identity(), out = y.identity()](Tape& tape) {
      tape.add_gradient(x, tape.upstream(out).reshaped(x->rows, x->cols));
    });
  return y;
}

namespace {

// cap * tanh(scale * x / cap), or scale * x where cap is 0; then x is not kept.
Tensor bent(Run& run, const Tensor& x, float scale, float cap) {
  Tensor y = run.tensor(x.rows(), x.cols());
  run.kernels().soft_cap(run.stream(), x.data(), scale, cap, y.data(), int64_t(y.size()));
  if (!run.records({x})) return y;
  const std::optional<Saved> kept = cap > 0 ? std::optional<Saved>(Saved(run, x)) : std::nullopt;
  run.tape->record({y.identity()}, [run, x = x.identity(), kept, scale, cap, out = y.identity()](Tape& tape) {
    const Tensor dy = tape.upstream(out), values = kept ? kept->restore(run) : Tensor();
    const GradientSum dx = tape.sum(x);
    run.kernels().soft_cap_backward(run.stream(), values.data(), scale, cap, dy.data(), dx, int64_t(dy.size()));
  });
  return y;
}

}  // namespace

Tensor scaled(Run& run, const Tensor& x, float factor) { return factor == 1 ? x : bent(run, x, factor, 0); }

Tensor soft_cap(Run& run, const Tensor& x, float cap) {
  check(cap > 0, "soft_cap: cap is ", cap, ", expected more than 0");
  return bent(run, x, 1, cap);
}

Tensor dropout(Run& run, const Tensor& x, float rate, int site) {
  if (!run.training || rate == 0) return x;
  Tensor y = run.tensor(x.rows(), x.cols());
  const RandomKey key{run.seed, run.step, uint64_t(site)};
  run.kernels().dropout(run.stream(), key, run.batch.row_keys.data(), rate, x.data(), y.data(), x.rows(), x.cols(),
                        false);

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = x.identity(), key, rate, out = y.identity()](Tape& tape) {
      const GradientSum dx = tape.sum(x);
      run.kernels().dropout(run.stream(), key, run.batch.row_keys.data(), rate, tape.upstream(out).data(), dx.data,
                            x->rows, x->cols, !dx.is_unset);
    });
  return y;
}

}  // namespace graft::inline v0
