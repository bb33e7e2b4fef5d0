// SPDX-License-Identifier: Apache-2.0
//
// Sizes and names of element types. In a block format some neighbouring values of a row are stored together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <dtype.hpp>  // of kernels/; in quotes it would be this file

namespace graft::inline v0 {

// Values in one block, and the bytes that it takes. 1 and the size of an element for f32, f16 and bf16.
int64_t block_values(Dtype);
size_t block_bytes(Dtype);

// Bytes of one row. Throws ArgumentError when `cols` is negative or no whole number of blocks.
size_t row_bytes(Dtype, int64_t cols);

// "f32", "q4_k"; the same spelling is read back, in small or capital letters.
std::string_view name(Dtype);
std::optional<Dtype> dtype_from_name(std::string_view);

// The numbers of GGUF files.
uint32_t ggml_type(Dtype);
std::optional<Dtype> dtype_from_ggml(uint32_t type);

// "F32", "F16", "BF16"; a block format has no name there: empty.
std::string_view safetensors_name(Dtype);
std::optional<Dtype> dtype_from_safetensors(std::string_view);

}  // namespace graft::inline v0
