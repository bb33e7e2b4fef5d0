// SPDX-License-Identifier: Apache-2.0
#include "cpu/gemm.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void pack_tiles(const Left& left, const Operand& x, int64_t first_tile, int64_t end_tile) {
  // Neighbouring tiles share the lines of a transposed operand, so these go side by side.
  const int strip = x.transposed ? 128 : max(1, left.depth);
  for (int k = 0; k < left.depth; k += strip) {
    const int depth = min(strip, left.depth - k);
    for (int64_t tile = first_tile; tile < end_tile; ++tile) {
      const int rows = left.tile_rows(tile);
      const int64_t row = tile * left.height;
      uint32_t* out = left.tile(tile) + k / elements_of(left.form) * rows;
      if (x.transposed)
        pack_columns(left.form, x.data + k * x.stride + row, x.stride, rows, rows, depth, out);
      else
        pack_floats(left.form, x.data + row * x.stride + k, x.stride, rows, rows, depth, out);
      const bool odd = left.form == Form::f32 && depth % 2 == 1;
      if (odd) memset(out + depth * rows, 0, static_cast<size_t>(rows) * sizeof(uint32_t));
    }
  }
}

void pack_left(const Stream& stream, const Left& left, const Operand& x) {
  constexpr int kTiles = 4;
  parallel_for(stream, ceil_div(left.tiles(), kTiles), [&](int64_t task, int) {
    pack_tiles(left, x, task * kTiles, min<int64_t>(left.tiles(), (task + 1) * kTiles));
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
