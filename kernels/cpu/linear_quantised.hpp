// SPDX-License-Identifier: Apache-2.0
//
// Products with quantised weights in integers: the input is rounded to bytes too, a sum over 32 elements is exact, and
// floats add up over these in order, the same for any number of rows. One row multiplies the packed blocks as they
// stream from memory; where there are more, a piece of a panel becomes bytes in the first cache and serves all of them.
#pragma once

#include "cpu/byte_rows.hpp"
#include "cpu/panels.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// AMX multiplies bf16 faster than integers whose sums are scaled every 32 elements; few rows do not repay the decoding.
inline bool takes_integers(Dtype dtype, Compute compute, int rows) {
  constexpr int kFewRows = 64;
  return compute == Compute::int8 && is_quantised(dtype) && (!kHasAmx || rows <= kFewRows);
}

// Memory of one worker.
int64_t integer_memory();

// y[r * w.rows + o] = Σ x · w (+ bias) for rows [first_row, end_row) and the outputs o of panels [first, end).
struct IntegerTask {
  const PackedMatrix& w;
  int64_t first, end;
  const ByteRows& x;
  int first_row, end_row;
  const float* bias;
  float* y;
  char* memory;
};
void multiply_integers(const IntegerTask&);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
