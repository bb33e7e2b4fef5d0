// SPDX-License-Identifier: Apache-2.0
//
// The packed form of weights: panels of 32 output rows, one element of each row after the other (bf16: two), the last
// panel filled up with zeros. Those of quantised weights are made of blocks: quantised_types.hpp.
#pragma once

#include "blocks.hpp"
#include "cpu/pack.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

inline constexpr int kPanel = 32;

constexpr int64_t panel_bytes(Dtype dtype, int64_t cols) {
  if (dtype == Dtype::bf16) return round_up(cols, 2) * kPanel * 2;
  return static_cast<int64_t>(row_bytes(dtype, cols)) * kPanel;
}

inline const char* panel_of(const PackedMatrix& w, int64_t panel) {
  return static_cast<const char*>(w.data) + panel * panel_bytes(w.dtype, w.cols);
}

// One row of a packed matrix as floats.
void unpack_row(const PackedMatrix&, int64_t row, float* out);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
