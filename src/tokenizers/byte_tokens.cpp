// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/byte_tokens.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

}  // namespace

std::optional<uint8_t> byte_of_token(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return std::nullopt;
  const size_t high = kDigits.find(text[3]), low = kDigits.find(text[4]);
  if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
  return static_cast<uint8_t>(high * 16 + low);
}

std::string token_of_byte(uint8_t byte) { return std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + '>'; }

std::optional<ByteTokens> find_byte_tokens(const Vocabulary& vocabulary) {
  ByteTokens tokens;
  for (size_t byte = 0; byte < tokens.size(); ++byte) {
    const std::optional<int32_t> id = vocabulary.id(token_of_byte(static_cast<uint8_t>(byte)));
    if (!id) return std::nullopt;
    tokens[byte] = *id;
  }
  return tokens;
}

}  // namespace graft::inline v0
