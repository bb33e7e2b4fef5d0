// SPDX-License-Identifier: Apache-2.0
#include "tensor/dtype.hpp"

#include <catch2/catch.hpp>

#include "blocks.hpp"
#include "graft/error.hpp"

namespace graft {

TEST_CASE("every type is found by its name and its number", "[tensor]") {
  for (int i = 0; i < kDtypes; ++i) {
    const auto dtype = static_cast<Dtype>(i);
    INFO(name(dtype));
    CHECK(dtype_from_name(name(dtype)) == dtype);
    CHECK(dtype_from_ggml(ggml_type(dtype)) == dtype);
    CHECK(checked_row_bytes(dtype, block_size(dtype).elements * 3) == size_t(block_size(dtype).bytes) * 3);
    if (!safetensors_name(dtype).empty()) CHECK(dtype_from_safetensors(safetensors_name(dtype)) == dtype);
  }
  CHECK(dtype_from_name("Q4_K") == Dtype::q4_k);
  CHECK(dtype_from_safetensors("BF16") == Dtype::bf16);
  CHECK_FALSE(dtype_from_name("q4").has_value());
  CHECK_FALSE(dtype_from_ggml(4).has_value());
  CHECK_FALSE(dtype_from_safetensors("").has_value());
}

TEST_CASE("rows are whole blocks", "[tensor]") {
  CHECK(checked_row_bytes(Dtype::f32, 5) == 20);
  CHECK(checked_row_bytes(Dtype::q4_k, 512) == 288);
  CHECK(checked_row_bytes(Dtype::q8_0, 0) == 0);
  CHECK_THROWS_WITH(checked_row_bytes(Dtype::q4_k, 100), "a row of q4_k has 100 values, expected a multiple of 256");
  CHECK_THROWS_AS(checked_row_bytes(Dtype::f32, -1), ArgumentError);
  CHECK_THROWS_AS(checked_row_bytes(Dtype::f32, INT64_MAX), ArgumentError);
}

}  // namespace graft
