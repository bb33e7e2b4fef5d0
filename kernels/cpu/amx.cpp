// SPDX-License-Identifier: Apache-2.0
#include "cpu/amx.hpp"

#if defined(__AMX_BF16__)
namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// What ldtilecfg reads.
struct TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};

  void set(int tile, int row_count, int bytes) {
    rows[tile] = static_cast<uint8_t>(row_count);
    row_bytes[tile] = static_cast<uint16_t>(row_count > 0 ? bytes : 0);
  }
};
static_assert(sizeof(TileShapes) == 64);

// What the registers of this thread are shaped for; none: 0 rows.
struct Shaped {
  int rows = 0, words = 0;
};
thread_local Shaped shaped;

}  // namespace

void shape_tiles(int rows, int words) {
  if (shaped.rows == rows && shaped.words == words) return;
  shaped = {rows, words};
  TileShapes shapes;
  for (int i = 0; i < 2; ++i) {
    const int count = max(0, min(kAmxRows, rows - i * kAmxRows));
    shapes.set(2 * i, count, 64);
    shapes.set(2 * i + 1, count, 64);
    shapes.set(4 + i, count, words * 4);
    shapes.set(6 + i, words, 64);
  }
  asm volatile("ldtilecfg %0" : : "m"(shapes));  // the intrinsic of GCC 12 lets stores to `shapes` be left out
}

void release_tiles() {
  if (shaped.rows == 0) return;
  shaped = {};
  _tile_release();
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
#endif
