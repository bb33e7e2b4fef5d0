// SPDX-License-Identifier: Apache-2.0
//
// Few rows by a matrix of floats that lies in rows, as one that is trained does: y = x · wᵀ is computed as w · xᵀ and
// turned, so that the rows of x are packed and those of the matrix read where they lie. To pack a large matrix for a
// hundred rows takes nearly half as long as their product. Each sum has the same order either way.
#pragma once

#include "cpu/gemm.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// Whether that is less work than packing the weight.
bool is_turned(const Operand& x, int rows, const PackedMatrix& w);

// y[(first_row + r) * w.rows + o] = Σ x · w (+ bias) for each of `count` weights by the same rows.
void multiply_turned(const Stream&, const Operand& x, int rows, const PackedMatrix* weights, const float* const* bias,
                     float* const* y, int first_row, int count);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
