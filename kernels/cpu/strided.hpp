// SPDX-License-Identifier: Apache-2.0
//
// Small products of float matrices that lie as they are, for attention.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// The left operand of rows × steps: row r is at step s data[r * stride + s], or data[s * stride + r] when `transposed`.
struct LeftOperand {
  const float* data;
  int64_t stride;
  bool transposed;
};

// The right operand, steps × cols, and the product. Each row of the right operand is read up to a whole vector.
struct Rows {
  const float* data;
  int64_t stride;
};
struct MutableRows {
  float* data;
  int64_t stride;
};

// c[rows, cols] = left · right (+ c when `adds`). Every element is one sum in the order of the steps.
void multiply_strided(const LeftOperand& left, const Rows& right, const MutableRows& c, int rows, int cols, int steps,
                      bool adds);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
