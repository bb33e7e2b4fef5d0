// SPDX-License-Identifier: Apache-2.0
//
// Parts of panels of quantised weights as plain bytes, for products of many rows and for decoding.
#pragma once

#include "blocks.hpp"
#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// 32 elements of 32 outputs o: element 4q + j is scales[half][o] · (bytes[q][o][j] - offset) (- minima[half][o]), where
// half is the second one of types that have scales for each 16 elements, and else the first.
struct PanelPart {
  float scales[2][32], minima[2][32];
  uint8_t bytes[8][32][4];
};

struct PartKind {
  int offset;
  bool has_minimum, has_halves;
};
PartKind part_kind(Dtype);

// Parts [first, first + count) of a panel, with the fields that the kind has.
void expand_parts(Dtype, const char* panel, int64_t first, int count, PanelPart* out);

// Rows [0, count) of a panel from row-major blocks, and one row back.
void pack_quantised(Dtype, const char* rows, int count, int cols, char* panel);
void restore_row(Dtype, const char* panel, int row, int cols, float* out);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
