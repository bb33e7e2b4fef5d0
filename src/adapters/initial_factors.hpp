// SPDX-License-Identifier: Apache-2.0
//
// Factors that begin as a part of the matrix that they change.
#pragma once

#include "tensor/weight.hpp"

namespace graft::inline v0 {

struct InitialFactors {
  Tensor down, up;  // rank × inputs, outputs × rank
};

// The largest singular values and their vectors, in equal parts: scale · up · down is the best approximation of that
// rank (PiSSA, Meng et al. 2024). By a randomised decomposition, the same each time.
InitialFactors pissa_factors(const Lane& lane, Memory& memory, const Weight& weight, int rank, float scale);

// up · down is the part of the matrix in the space of its first columns, which are made orthonormal (OLoRA, Büyükakyüz
// 2024).
InitialFactors olora_factors(const Lane& lane, Memory& memory, const Weight& weight, int rank);

}  // namespace graft::inline v0
