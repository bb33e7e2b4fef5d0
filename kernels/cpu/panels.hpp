// SPDX-License-Identifier: Apache-2.0
//
// The packed form of weights: panels of 32 output rows, one element of each row after the other (bf16: two), the last
// panel filled up with zeros. Those of quantised weights are made of blocks: quantised_types.hpp. A matrix of few rows,
// such as a low-rank factor, is one panel of half the width, since where many are read once their bytes are the time.
#pragma once

#include "blocks.hpp"
#include "cpu/pack.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

inline constexpr int kPanel = 32;

constexpr int panel_width(Dtype dtype, int rows) {
  return rows <= kPanel / 2 && !is_quantised(dtype) ? kPanel / 2 : kPanel;
}
inline int panel_width(const PackedMatrix& w) { return panel_width(w.dtype, w.rows); }

constexpr int64_t panel_bytes(Dtype dtype, int64_t cols, int width) {
  if (dtype == Dtype::bf16) return round_up(cols, 2) * width * 2;
  return static_cast<int64_t>(row_bytes(dtype, cols)) * width;
}
inline int64_t panel_bytes(const PackedMatrix& w) { return panel_bytes(w.dtype, w.cols, panel_width(w)); }

inline const char* panel_of(const PackedMatrix& w, int64_t panel) {
  return static_cast<const char*>(w.data) + panel * panel_bytes(w);
}

// One row of a packed matrix as floats.
void unpack_row(const PackedMatrix&, int64_t row, float* out);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
