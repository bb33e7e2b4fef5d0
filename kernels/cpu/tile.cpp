// SPDX-License-Identifier: Apache-2.0
#include "cpu/tile.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

template <class Product>
constexpr ProductTable product_table(int elements, Form form) {
  ProductTable table = {elements, Product::kRightBytes, form, {}};
  table.tiles[0] = multiply_tile<Product, 1>;
  table.tiles[1] = multiply_tile<Product, 2>;
  table.tiles[2] = multiply_tile<Product, 3>;
  table.tiles[3] = multiply_tile<Product, 4>;
  table.tiles[4] = multiply_tile<Product, 5>;
  table.tiles[5] = multiply_tile<Product, 6>;
  if constexpr (kTileRows == 12) {
    table.tiles[6] = multiply_tile<Product, 7>;
    table.tiles[7] = multiply_tile<Product, 8>;
    table.tiles[8] = multiply_tile<Product, 9>;
    table.tiles[9] = multiply_tile<Product, 10>;
    table.tiles[10] = multiply_tile<Product, 11>;
    table.tiles[11] = multiply_tile<Product, 12>;
  }
  return table;
}

}  // namespace

const ProductTable kFloatByFloat = product_table<FloatByFloat>(1, Form::f32);
const ProductTable kFloatByF16 = product_table<FloatByF16>(1, Form::f32);
const ProductTable kFloatByBf16 = product_table<FloatByBf16>(2, Form::f32);
const ProductTable kBf16ByBf16 = product_table<Bf16ByBf16>(2, Form::bf16);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
