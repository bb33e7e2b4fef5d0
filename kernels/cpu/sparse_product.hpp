// SPDX-License-Identifier: Apache-2.0
//
// Products of floats whose left operand is mostly zeros, as a gradient is that came through ReLU and dropout: only what
// is not 0 is multiplied, in the order of the depth (an infinity opposite a zero is left out). The floor: 2 · n
// operations for each element of the left operand that is not 0.
#pragma once

#include "cpu/gemm.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// Whether so few of the elements of a, m by k, are not 0 that this is faster; by a sample of them. Not for so many that
// their lists would be large.
bool is_sparse(const Operand& a, int m, int k);

// Bytes of scratch, 64 at once.
int64_t sparse_bytes(int m, int k);

// c = a · b (+ c when `add`) for a transposed a, whose columns lie side by side. Panel p of b begins at
// right + p * stride.
void multiply_sparse(const Stream&, const Operand& a, const char* right, int64_t stride, char* scratch, float* c,
                     int64_t c_stride, int m, int n, int k, bool add);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
