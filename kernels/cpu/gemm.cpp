// SPDX-License-Identifier: Apache-2.0
#include "cpu/gemm.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

namespace {

// Neighbouring tiles share the lines of a transposed operand, so these go side by side.
void pack_transposed(const Left& left, const Operand& x, int64_t first_tile, int64_t end_tile) {
  constexpr int kStrip = 128;
  for (int k = 0; k < left.depth; k += kStrip) {
    const int depth = min(kStrip, left.depth - k);
    for (int64_t tile = first_tile; tile < end_tile; ++tile) {
      const int64_t first = k * x.stride + tile * left.height;
      if (x.halves)
        pack_tile_columns(left, tile, x.halves + first, x.stride, k, depth);
      else
        pack_tile_columns(left, tile, x.data + first, x.stride, k, depth);
      const bool odd = left.form == Form::f32 && depth % 2 == 1;
      if (odd) memset(left.words_at(tile, k + depth), 0, static_cast<size_t>(left.tile_rows(tile)) * sizeof(uint32_t));
    }
  }
}

}  // namespace

void pack_tiles(const Left& left, const Operand& x, int64_t first_tile, int64_t end_tile) {
  if (left.in_place) return;
  if (left.transposed) return pack_transposed(left, x, first_tile, end_tile);
  const int64_t end = min<int64_t>(left.rows, end_tile * left.height);
  for (int64_t row = first_tile * left.height; row < end; ++row) {
    uint32_t* out = left.words + row * left.stride;
    if (x.halves)
      pack_row(left.form, x.halves + row * x.stride, left.depth, out);
    else
      pack_row(left.form, x.data + row * x.stride, left.depth, out);
  }
}

void pack_left(const Stream& stream, const Left& left, const Operand& x) {
  if (left.in_place) return;
  constexpr int kTiles = 4;
  parallel_for(stream, ceil_div(left.tiles(), kTiles), [&](int64_t task, int) {
    pack_tiles(left, x, task * kTiles, min<int64_t>(left.tiles(), (task + 1) * kTiles));
  });
}

void pack_right(const Stream& stream, Form form, const Operand& b, int n, int k, char* out, int64_t stride) {
  parallel_for(stream, ceil_div(n, kPanel), [&](int64_t panel, int) {
    const int64_t col = panel * kPanel;
    const int cols = static_cast<int>(min<int64_t>(kPanel, n - col));
    uint32_t* words = reinterpret_cast<uint32_t*>(out + panel * stride);
    if (b.halves)
      pack_columns(form, b.halves + col, b.stride, cols, kPanel, k, words);
    else if (b.transposed)
      pack_floats(form, b.data + col * b.stride, b.stride, cols, kPanel, k, words);
    else
      pack_columns(form, b.data + col, b.stride, cols, kPanel, k, words);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
