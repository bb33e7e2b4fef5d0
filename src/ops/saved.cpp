// SPDX-License-Identifier: Apache-2.0
#include "ops/saved.hpp"

namespace graft::inline v0 {

Saved::Saved(const Run& run, const Tensor& x) : identity_(x.identity()) {
  if (run.saved == Dtype::f32) {
    values_ = x;
    return;
  }
  halves_ = run.tensor(x.rows(), (x.cols() + 1) / 2);
  run.kernels().convert(run.stream(), x.data(), run.saved, halves_.data(), int64_t(x.size()));
}

Operand Saved::operand(int first_row) const {
  const size_t first = size_t(first_row) * cols();
  if (values_) return {values_.data() + first, cols()};
  return {nullptr, cols(), false, halves() + first};
}

Tensor Saved::restore(const Run& run) const {
  if (values_) return values_;
  Tensor x = run.tensor(rows(), cols());
  run.kernels().decode(run.stream(), run.saved, halves_.data(), x.data(), int64_t(x.size()));
  return x;
}

}  // namespace graft::inline v0
