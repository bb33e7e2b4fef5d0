// SPDX-License-Identifier: Apache-2.0
//
// A product of float matrices, or a tile of one.
#pragma once

#include "kernels.hpp"

namespace graft::inline v0::onednn {

// c[m, n] = alpha · a[m, k] · b[k, n] (+ c)
struct PlainProduct {
  Operand a, b;
  float* c;
  int64_t c_stride;
  int m, n, k;
  float alpha;
  bool adds;

  PlainProduct part(int row, int rows, int col, int cols) const {
    PlainProduct tile = *this;
    tile.a.data += row * (a.transposed ? 1 : a.stride);
    tile.b.data += col * (b.transposed ? b.stride : 1);
    tile.c += row * c_stride + col;
    tile.m = rows;
    tile.n = cols;
    return tile;
  }
};

// For a tile that oneDNN failed at, as when it found no memory.
inline void multiply(const PlainProduct& tile) {
  const auto at = [](const Operand& x, int64_t row, int64_t col) {
    return x.data[x.transposed ? col * x.stride + row : row * x.stride + col];
  };
  for (int i = 0; i < tile.m; ++i)
    for (int j = 0; j < tile.n; ++j) {
      float sum = 0;
      for (int l = 0; l < tile.k; ++l) sum += at(tile.a, i, l) * at(tile.b, l, j);
      float& c = tile.c[i * tile.c_stride + j];
      c = tile.alpha * sum + (tile.adds ? c : 0);
    }
}

}  // namespace graft::inline v0::onednn
