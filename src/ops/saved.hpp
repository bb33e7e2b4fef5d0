// SPDX-License-Identifier: Apache-2.0
//
// A tensor that a backward step needs: as it is, or rounded to bf16 where the run says so, in half the memory.
#pragma once

#include "tensor/run.hpp"

namespace graft::inline v0 {

class Saved {
 public:
  Saved() = default;
  Saved(const Run& run, const Tensor& x);
  explicit operator bool() const { return identity_ != nullptr; }
  int rows() const { return identity_->rows; }
  int cols() const { return identity_->cols; }
  // By which the tape knows the tensor.
  const Identity& identity() const { return identity_; }
  // As it was kept: f32 or bf16.
  Dtype dtype() const { return values_.dtype(); }
  const void* data() const { return dtype() == Dtype::f32 ? static_cast<void*>(values_.data()) : values_.halves(); }
  // Rows from one on, for a product.
  Operand operand(int first_row = 0) const { return values_.operand().from_row(first_row); }
  // The values, in a tensor of their own where they were rounded.
  Tensor restore(const Run& run) const;
  // Some of the rows in a tensor of their own.
  Tensor restore(const Run& run, RowSpan rows) const;

 private:
  Identity identity_;
  Tensor values_;
};

}  // namespace graft::inline v0
