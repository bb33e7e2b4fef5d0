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
  // As it was kept: floats or bf16.
  const void* data() const { return values_ ? values_.data() : halves_.data(); }
  // The values rounded to bf16; null where they are kept as they are.
  const uint16_t* halves() const { return halves_ ? reinterpret_cast<const uint16_t*>(halves_.data()) : nullptr; }
  // Rows from one on as a right operand.
  Operand operand(int first_row = 0) const;
  // The values, in a tensor of their own where they were rounded.
  Tensor restore(const Run& run) const;

 private:
  Identity identity_;
  Tensor values_, halves_;
};

}  // namespace graft::inline v0
