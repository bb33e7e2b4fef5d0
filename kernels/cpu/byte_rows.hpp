// SPDX-License-Identifier: Apache-2.0
//
// Rows of floats rounded to bytes, each 32 elements with a scale of their own.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// 32 elements: scale · bytes. The sums have the other sign, so that a product adds what an offset or a minimum of the
// weight takes off.
struct ByteBlock {
  int8_t bytes[32];
  float scale;
  int32_t sum, low_sum;  // -Σ bytes of all and of the first half
  float scaled_sum;      // scale · sum

  int32_t word(int quad) const {
    int32_t four;
    memcpy(&four, bytes + 4 * quad, sizeof(four));
    return four;
  }
};

// Rows of ByteBlocks; `cols` is a multiple of 32.
struct ByteRows {
  ByteBlock* blocks;
  int cols;

  int64_t stride() const { return cols / 32; }
  ByteBlock* row(int64_t index) const { return blocks + index * stride(); }
  static int64_t bytes(int rows, int cols) { return scratch_bytes<ByteBlock>(static_cast<int64_t>(rows) * cols / 32); }
};

// Rows [first, end) of x.
void round_rows(const float* x, int64_t first, int64_t end, const ByteRows&);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
