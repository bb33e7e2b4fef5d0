// SPDX-License-Identifier: Apache-2.0
#include "ops/saved.hpp"

namespace graft::inline v0 {

Saved::Saved(const Run& run, const Tensor& x) : identity_(x.identity()), values_(x) {
  if (run.saved == Dtype::f32 || x.dtype() == run.saved) return;
  values_ = run.tensor(x.rows(), x.cols(), run.saved);
  run.kernels().convert(run.stream(), x.data(), run.saved, values_.halves(), int64_t(x.size()));
}

Tensor Saved::restore(const Run& run) const {
  if (dtype() == Dtype::f32) return values_;
  return restore(run, {0, rows()});
}

Tensor Saved::restore(const Run& run, RowSpan rows) const {
  Tensor x = run.tensor(rows.rows, cols());
  const Operand from = operand(rows.first);
  if (dtype() == Dtype::f32)
    run.memory->copy(from.data, x.data(), x.size());
  else
    run.kernels().decode(run.stream(), dtype(), from.halves, x.data(), int64_t(x.size()));
  return x;
}

}  // namespace graft::inline v0
