// SPDX-License-Identifier: Apache-2.0
//
// Products of packed operands, blocked as Goto & van de Geijn (2008): a piece of a panel stays in the first cache while
// the tiles of a block of rows pass by, and the block of rows stays in the second while the panels of a group do. A
// task is one block of rows by one group of panels.
#pragma once

#include "cpu/tile.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

inline constexpr int kBlockRows = kHasAmx ? 256 : 120;  // of the left operand a task
inline constexpr int kReusedRows = 512;                 // where the task makes its panels, so that they serve more rows
inline constexpr int kGroupPanels = 8;                  // of the right operand a task, at most

// Elements of the depth a piece: whole blocks of quantised weights. Panels that lie packed may be longer.
inline constexpr int kLargestDepth = 1024;
constexpr int depth_of(Form form) { return form == Form::bf16 ? kLargestDepth : kLargestDepth / 2; }

// Rows of the left operand in tiles of `height` rows (the last may have fewer). The words of a row lie together, or
// those of a tile's rows side by side where the operand is transposed and its form allows it. Rows that already are
// what the product takes, in whole words, are read where they lie, unless the same words of all of them would fall on
// one part of a cache; those of an odd depth are packed, since products of pairs read one element more.
struct Left {
  uint32_t* words;
  Form form;
  int rows, depth, height;
  bool transposed;
  bool in_place = false;
  int64_t stride;  // words from a row to the next

  Left(Form f, int row_count, int depth_count, uint32_t* memory, bool is_transposed = false)
      : words(memory),
        form(f),
        rows(row_count),
        depth(depth_count),
        height(even_height(row_count, kTileRows)),
        transposed(is_transposed),
        stride(row_words(f, depth_count)) {}
  // Of the rows of x; what is not read in place needs `memory_words()`.
  Left(Form f, int row_count, int depth_count, const Operand& x)
      : Left(f, row_count, depth_count, nullptr, x.transposed) {
    in_place = is_ready(f, x, depth_count);
    if (!in_place) return;
    const void* rows_of_x = f == Form::bf16 ? static_cast<const void*>(x.halves) : x.data;
    words = static_cast<uint32_t*>(const_cast<void*>(rows_of_x));
    stride = x.stride / elements_of(f);
  }

  // An odd number of lines, so that the rows of a tile do not fall on the same part of a cache.
  static int64_t row_words(Form form, int depth) { return round_up(words_of(form, round_up(depth, 2)), 16) | 16; }
  int64_t memory_words() const { return in_place ? 0 : round_up(rows * stride, 16); }
  void use(uint32_t* memory) {
    if (!in_place) words = memory;
  }

  int tiles() const { return static_cast<int>(ceil_div(rows, height)); }
  int tile_rows(int64_t tile) const { return static_cast<int>(min<int64_t>(height, rows - tile * height)); }
  int tiles_per_block(int block_rows) const { return max(1, block_rows / height); }
  bool is_sideways() const { return transposed && !needs_rows(form); }
  // Words from one of a row to the next.
  int64_t step(int64_t tile) const { return is_sideways() ? tile_rows(tile) : 1; }
  // The tile from element k of the depth on.
  uint32_t* words_at(int64_t tile, int64_t k) const {
    return words + tile * height * stride + k / elements_of(form) * step(tile);
  }
  LeftRows tile_at(int64_t tile, int64_t k) const {
    return {words_at(tile, k), is_sideways() ? 1 : stride, step(tile)};
  }
  // Some of the rows, which are not transposed, in tiles of their own.
  Left part(int first, int count) const {
    Left rows_of(form, count, depth, words + first * stride);
    rows_of.in_place = in_place;
    rows_of.stride = stride;
    return rows_of;
  }

 private:
  static bool is_ready(Form form, const Operand& x, int depth) {
    constexpr int64_t kWordsOfCacheWay = 1024;
    const bool has_words = form == Form::bf16 ? x.halves && x.stride % 2 == 0 : x.data && !x.halves;
    return has_words && !x.transposed && depth % 2 == 0 && x.stride / elements_of(form) % kWordsOfCacheWay != 0;
  }
};

// Packs elements [k, k + depth) of the rows of a tile from a matrix that lies the other way: element (r, k + i) is
// data[i * stride + r].
template <class Element>
void pack_tile_columns(const Left& left, int64_t tile, const Element* data, int64_t stride, int k, int depth) {
  const int rows = left.tile_rows(tile);
  uint32_t* out = left.words_at(tile, k);
  if constexpr (kHasAmx)
    if (!left.is_sideways()) return pack_columns_as_rows(data, stride, rows, depth, out, left.stride);
  pack_columns(left.form, data, stride, rows, rows, depth, out);
}

// Packs the tiles of a group, unless they are read in place; a task of `pack_left`.
void pack_tiles(const Left&, const Operand&, int64_t first_tile, int64_t end_tile);
void pack_left(const Stream&, const Left&, const Operand&);
// Packs the columns of b (k by n) as panels, `stride` bytes from one to the next.
void pack_right(const Stream&, Form, const Operand& b, int n, int k, char* out, int64_t stride);

// Pieces of consecutive panels: panel p of a group begins at data + p * stride.
struct Pieces {
  const char* data;
  int64_t stride;
  int width = kPanel;
};

struct Output {
  float* c;
  int64_t stride;
  int cols;
  const float* bias;
  float alpha;
  bool adds;
};

// The task that multiplies tiles [first_tile, end_tile) by panels [first_panel, end_panel). pieces(k, depth) gives the
// panels' elements [k, k + depth) of the depth, at most `piece_depth` at once.
template <class PiecesAt>
void multiply_block(const ProductTable& product, const Left& left, int64_t first_tile, int64_t end_tile,
                    int64_t first_panel, int64_t end_panel, int piece_depth, const PiecesAt& pieces,
                    const Output& out) {
  for (int k = 0; k < max(1, left.depth); k += piece_depth) {
    const int depth = min(piece_depth, left.depth - k);
    const int steps = static_cast<int>(ceil_div(depth, product.elements));
    const Pieces right = pieces(k, depth);
    const int64_t step = product.right_bytes / kPanel * right.width;
    for (int64_t panel = first_panel; panel < end_panel; ++panel) {
      const int64_t col = panel * kPanel;
      for (int64_t tile = first_tile; tile < end_tile; ++tile) {
        const int rows = left.tile_rows(tile);
        const TileOutput to = {out.c + tile * left.height * out.stride + col,
                               out.stride,
                               static_cast<int>(min<int64_t>(kPanel, out.cols - col)),
                               k == 0 && out.bias ? out.bias + col : nullptr,
                               out.alpha,
                               out.adds || k > 0};
        const RightPanel from = {right.data + (panel - first_panel) * right.stride, step};
        product.multiply(rows, left.tile_at(tile, k), from, steps, to);
      }
    }
  }
}

// Panels a task, so that small products still make some tasks.
inline int group_panels(int64_t row_blocks, int64_t panels) {
  return static_cast<int>(max<int64_t>(1, min<int64_t>(kGroupPanels, row_blocks * panels / 16)));
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
