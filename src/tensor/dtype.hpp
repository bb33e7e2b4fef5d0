// SPDX-License-Identifier: Apache-2.0
//
// Names of element types, and their sizes with a check. In a block format some neighbouring values of a row are stored
// together: kernels/blocks.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <dtype.hpp>  // of kernels/; in quotes it would be this file

namespace graft::inline v0 {

// row_bytes of a row that may be wrong: throws ArgumentError when `cols` is negative, no whole number of blocks, or too
// many to count their bytes.
size_t checked_row_bytes(Dtype, int64_t cols);

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
