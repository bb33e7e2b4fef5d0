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

// Whether the panels of a weight are made anew for each product.
inline bool makes_panels(const PackedMatrix& w) { return w.in_rows || is_quantised(w.dtype); }

// Memory of one worker for the panels of a group.
inline constexpr int64_t kPanelsBytes = int64_t{kGroupPanels} * kPanel * kLargestDepth * 2;

// Elements [k, k + depth) of the rows of panels [first, end) of the weight.
Pieces forward_pieces(const ProductTable&, const PackedMatrix&, int64_t first, int64_t end, int k, int depth,
                      char* memory);
// The same of the transposed weight, whose rows are the weight's columns and whose depth its rows.
Pieces backward_pieces(const ProductTable&, const PackedMatrix&, int64_t first, int64_t end, int k, int depth,
                       char* memory);

// One panel of these from a quantised weight.
void decode_panel(Form, const PackedMatrix&, int64_t panel, int k, int depth, uint32_t* out);
void decode_transposed_panel(Form, const PackedMatrix&, int64_t panel, int k, int depth, uint32_t* out);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
