// SPDX-License-Identifier: Apache-2.0
//
// Which product serves a weight, and its panels.
#pragma once

#include "cpu/gemm.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// Quantised weights are decoded into panels of the left operand's form, others are multiplied as they are.
const ProductTable& forward_product(Dtype, Compute);
// The product with the transpose, whose panels are made anew.
const ProductTable& backward_product(Dtype, Compute);

// Memory of one worker for the panels of a group, and for rows on their way into them.
inline constexpr int64_t kPanelsBytes = int64_t{kGroupPanels} * kPanel * kLargestDepth * 2;
inline constexpr int64_t kRowsBytes = int64_t{kPanel} * kLargestDepth * 4;
struct Workspace {
  char* panels;
  float* rows;
};

// Elements [k, k + depth) of the rows of panels [first, end) of the weight.
Pieces forward_pieces(const ProductTable&, const PackedMatrix&, int64_t first, int64_t end, int k, int depth,
                      const Workspace&);
// The same of the transposed weight, whose rows are the weight's columns and whose depth its rows.
Pieces backward_pieces(const ProductTable&, const PackedMatrix&, int64_t first, int64_t end, int k, int depth,
                       const Workspace&);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
