// SPDX-License-Identifier: Apache-2.0
//
// The tile registers of AMX (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18) as the
// product of bf16 uses them: tiles 0 to 3 hold the sums of up to two by two blocks of 16 rows by 16 columns, 4 and 5
// rows of the left operand, 6 and 7 columns of the panel.
#pragma once

#include "cpu/tile.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

inline constexpr int kAmxRows = 16, kAmxWords = 16;  // of a tile register

// Shapes the registers for `rows` (at most 32) of `words` (at most 16) of the left operand, where they are not yet;
// parallel_for gives them back behind each task.
void shape_tiles(int rows, int words);

// The loads of GCC 12 do not say that they read memory: what they read is written before this.
inline void before_tile_loads() { asm volatile("" : : : "memory"); }

}  // namespace graft::inline v0::cpu::GRAFT_ISA
