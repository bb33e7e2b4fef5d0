// SPDX-License-Identifier: Apache-2.0
//
// The innermost product of bf16 with AMX: two by two blocks of 16 rows by 16 columns, whose operands are loaded once
// for two products each. Four products take 64 cycles and load 4 KiB, 2 KiB of them a piece of the panel that stays in
// the first cache. Every element is one sum over the depth in order, however many rows there are.
#include "cpu/amx.hpp"

#if defined(__AMX_BF16__)
namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Bytes from one row, and from one step of a panel, to the next.
struct Strides {
  int64_t left, right;
};

// Adds `count` times 16 steps to the sums.
template <bool is_tall, bool is_wide>
void add_steps(const char* left, const char* right, const Strides& stride, int count) {
  for (int i = 0; i < count; ++i, left += kAmxWords * 4, right += kAmxWords * stride.right) {
    _tile_loadd(4, left, stride.left);
    _tile_loadd(6, right, stride.right);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (is_wide) {
      _tile_loadd(7, right + 64, stride.right);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (is_tall) {
      _tile_loadd(5, left + kAmxRows * stride.left, stride.left);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (is_wide) _tile_dpbf16ps(3, 5, 7);
    }
  }
}

// The last steps, fewer than 16, among zeros.
template <bool is_tall, bool is_wide>
void add_rest(int rows, const char* left, const char* right, const Strides& stride, int steps) {
  alignas(64) uint32_t left_words[kTileRows][kAmxWords] = {}, right_words[kAmxWords][kPanel] = {};
  for (int r = 0; r < rows; ++r) memcpy(left_words[r], left + r * stride.left, static_cast<size_t>(steps) * 4);
  for (int k = 0; k < steps; ++k) memcpy(right_words[k], right + k * stride.right, is_wide ? 128 : 64);
  before_tile_loads();
  add_steps<is_tall, is_wide>(reinterpret_cast<const char*>(left_words), reinterpret_cast<const char*>(right_words),
                              {sizeof(left_words[0]), sizeof(right_words[0])}, 1);
}

template <bool is_tall, bool is_wide>
void multiply_in_tiles(int rows, const LeftRows& left_rows, const RightPanel& panel, int steps, const TileOutput& out) {
  const char* left = reinterpret_cast<const char*>(left_rows.words);
  const Strides stride = {left_rows.row * 4, panel.step};
  if (out.adds)  // what the sums are added to comes from far away
    for (int r = 0; r < rows; ++r)
      for (int col = 0; col < out.cols; col += kLanes) __builtin_prefetch(out.c + r * out.stride + col, 1);
  const int words = max(1, min(steps, kAmxWords)), whole = steps / words, rest = steps % words;
  shape_tiles(rows, words);
  before_tile_loads();
  _tile_zero(0);
  if constexpr (is_wide) _tile_zero(1);
  if constexpr (is_tall) _tile_zero(2);
  if constexpr (is_tall && is_wide) _tile_zero(3);
  add_steps<is_tall, is_wide>(left, panel.data, stride, whole);
  if (rest > 0)
    add_rest<is_tall, is_wide>(rows, left + whole * kAmxWords * 4, panel.data + whole * kAmxWords * panel.step, stride,
                               rest);
  alignas(64) float sums[kTileRows][kPanel];
  _tile_stored(0, sums[0], sizeof(sums[0]));
  if constexpr (is_wide) _tile_stored(1, sums[0] + kLanes, sizeof(sums[0]));
  if constexpr (is_tall) _tile_stored(2, sums[kAmxRows], sizeof(sums[0]));
  if constexpr (is_tall && is_wide) _tile_stored(3, sums[kAmxRows] + kLanes, sizeof(sums[0]));
  TileOutput row = out;
  for (int r = 0; r < rows; ++r, row.c += out.stride) {
    Vec of_row[1][is_wide ? 2 : 1] = {{load(sums[r])}};
    if constexpr (is_wide) of_row[0][1] = load(sums[r] + kLanes);
    put(row, of_row);
  }
}

void multiply(int rows, const LeftRows& left, const RightPanel& panel, int steps, const TileOutput& out) {
  const auto block = rows > kAmxRows
                         ? (out.cols > kLanes ? multiply_in_tiles<true, true> : multiply_in_tiles<true, false>)
                         : (out.cols > kLanes ? multiply_in_tiles<false, true> : multiply_in_tiles<false, false>);
  block(rows, left, panel, steps, out);
}

}  // namespace

const ProductTable kBf16ByBf16 = {2, kPanel * 4, Form::bf16, multiply};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
#endif
