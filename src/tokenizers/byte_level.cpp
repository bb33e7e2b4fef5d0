// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/byte_level.hpp"

#include <array>
#include <cstdint>

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

// Printable bytes of Latin-1 stand for themselves; the other 68 are U+0100, U+0101 … in order.
constexpr bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

constexpr int kSpellings = 0x100 + 68;

constexpr std::array<int16_t, kSpellings> byte_of_character() {
  std::array<int16_t, kSpellings> bytes{};
  for (int16_t& byte : bytes) byte = -1;
  int next = 0x100;
  for (int byte = 0; byte < 256; ++byte) bytes[stands_for_itself(byte) ? byte : next++] = static_cast<int16_t>(byte);
  return bytes;
}

constexpr std::array<int16_t, kSpellings> kByteOf = byte_of_character();

constexpr std::array<char32_t, 256> character_of_byte() {
  std::array<char32_t, 256> characters{};
  for (char32_t c = 0; c < kSpellings; ++c)
    if (kByteOf[c] >= 0) characters[static_cast<size_t>(kByteOf[c])] = c;
  return characters;
}

constexpr std::array<char32_t, 256> kCharacterOf = character_of_byte();

}  // namespace

std::optional<std::string> bytes_of_spelling(std::string_view spelling) {
  std::string bytes;
  for (size_t at = 0; at < spelling.size();) {
    const char32_t c = next_code_point(spelling, at);
    if (c >= kSpellings || kByteOf[c] < 0) return std::nullopt;
    bytes += static_cast<char>(kByteOf[c]);
  }
  return bytes;
}

std::string spelling_of_bytes(std::string_view bytes) {
  std::string spelling;
  spelling.reserve(bytes.size() * 2);
  for (const char byte : bytes) append_utf8(spelling, kCharacterOf[static_cast<unsigned char>(byte)]);
  return spelling;
}

}  // namespace graft::inline v0
