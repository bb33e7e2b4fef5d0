// SPDX-License-Identifier: Apache-2.0
#include "cpu/tile.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

using MultiplyTile = void (*)(const LeftRows& left, const RightPanel&, int steps, const TileOutput&);

// The product for each number of rows from 1 on.
template <class Product>
struct Tiles {
  MultiplyTile of[kRegisterRows] = {};

  constexpr Tiles() { fill<kRegisterRows>(); }
  template <int rows>
  constexpr void fill() {
    of[rows - 1] = multiply_tile<Product, rows>;
    if constexpr (rows > 1) fill<rows - 1>();
  }
};

template <class Product>
void multiply_rows(int rows, const LeftRows& left, const RightPanel& panel, int steps, const TileOutput& out) {
  static constexpr Tiles<Product> tiles;
  if constexpr (kTileRows == kRegisterRows) return tiles.of[rows - 1](left, panel, steps, out);
  const int height = even_height(rows, kRegisterRows);
  for (int row = 0; row < rows; row += height) {
    TileOutput to = out;
    to.c += row * out.stride;
    tiles.of[min(height, rows - row) - 1]({left.words + row * left.row, left.row, left.step}, panel, steps, to);
  }
}

template <class Product>
constexpr ProductTable product_table(int elements, Form form) {
  return {elements, Product::kRightBytes, form, multiply_rows<Product>};
}

}  // namespace

const ProductTable kFloatByFloat = product_table<FloatByFloat>(1, Form::f32);
const ProductTable kFloatByF16 = product_table<FloatByF16>(1, Form::f32);
const ProductTable kFloatByBf16 = product_table<FloatByBf16>(2, Form::f32);
#if !defined(__AMX_BF16__)  // amx_product.cpp
const ProductTable kBf16ByBf16 = product_table<Bf16ByBf16>(2, Form::bf16);
#endif

}  // namespace graft::inline v0::cpu::GRAFT_ISA
