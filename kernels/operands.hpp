// SPDX-License-Identifier: Apache-2.0
//
// What kernels read and write: matrices, whole or some of their rows, in the forms that they come in.
#pragma once

#include <cstdint>

#include "dtype.hpp"

namespace graft::inline v0 {

// A weight as the products read it: `rows` outputs by `cols` inputs, in the packed form made by `pack`, or floats row
// by row, as what is trained lies.
struct PackedMatrix {
  const void* data = nullptr;
  Dtype dtype = Dtype::f32;
  int rows = 0, cols = 0;
  bool in_rows = false;
};

// A float matrix, or its transpose when `transposed`: element (i, j) is data[i * stride + j], or data[j * stride + i].
struct Operand {
  const float* data = nullptr;
  int64_t stride = 0;
  bool transposed = false;
  // bf16 in place of data: of the input of `linear`, of the gradients that `linear_backward` takes, of the right
  // operand of `matmul` where it is not transposed, and of the left one where products are of bf16.
  const uint16_t* halves = nullptr;

  // The rows from one on, of an operand that is not transposed.
  Operand from_row(int64_t row) const {
    return {data ? data + row * stride : nullptr, stride, transposed, halves ? halves + row * stride : nullptr};
  }
};

// Where a matrix goes: floats, or the same rounded to bf16 where only products with bf16 read it.
struct Destination {
  Destination(float* floats) : data(floats) {}
  explicit Destination(uint16_t* bf16) : halves(bf16) {}

  float* data = nullptr;
  uint16_t* halves = nullptr;  // in place of data
};

// A gradient that backward kernels add to; null: nobody wants it. Where it has no values yet, they write it: an
// activation's also rounded to bf16, where only products with bf16 read it.
struct GradientSum : Destination {
  GradientSum(float* sum = nullptr, bool unset = false) : Destination(sum), is_unset(unset) {}
  explicit GradientSum(const Destination& unset) : Destination(unset), is_unset(true) {}
  constexpr explicit operator bool() const { return data || halves; }

  bool is_unset;
};

// Rows [first, first + rows).
struct RowSpan {
  int first = 0, rows = 0;
};

}  // namespace graft::inline v0
