// SPDX-License-Identifier: Apache-2.0
//
// Few rows by a quantised weight: the rows are rounded to bytes too, and the sums are of integers.
#pragma once

#include "cpu/panels.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// With more rows, decoded panels are faster.
inline constexpr int kIntegerRows = 8;

// Whether a product of so many rows goes this way.
bool takes_integers(Dtype, Compute, int rows);

// Rows as bytes: each 32 elements have a scale, and the sum of the elements.
struct ByteRows {
  int8_t* bytes = nullptr;
  float *scales = nullptr, *sums = nullptr;
  int cols;

  // Blocks of 32 a row, filled up with zeros.
  int64_t blocks() const { return round_up(ceil_div(cols, 32), 16); }
  static int64_t memory(int rows, int cols);
  explicit ByteRows(int col_count) : cols(col_count) {}
  ByteRows(char* memory, int rows, int cols);
  ByteRows from(int row) const {
    ByteRows rest(cols);
    rest.bytes = bytes + row * blocks() * 32;
    rest.scales = scales + row * blocks();
    rest.sums = sums + row * blocks();
    return rest;
  }
};

void round_row(const float* x, int row, const ByteRows&);

// y[r * stride + o] for outputs o in [first, end) of the weight.
void multiply_integers(const PackedMatrix&, int64_t first, int64_t end, const ByteRows&, int rows, const float* bias,
                       float* y, int64_t stride);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
