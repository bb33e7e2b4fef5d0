// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

// The tokens "<0x00>" … "<0xFF>", which spell what has no token of its own byte by byte.
using ByteTokens = std::array<int32_t, 256>;

std::string token_of_byte(uint8_t byte);

// The byte that such a token stands for.
std::optional<uint8_t> byte_of_token(std::string_view text);

// Nothing where one of them is missing.
std::optional<ByteTokens> find_byte_tokens(const Vocabulary& vocabulary);

}  // namespace graft::inline v0
