// SPDX-License-Identifier: Apache-2.0
//
// Classes of characters, as the patterns of pre-tokenizers speak of them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

enum CharacterClass : uint8_t {
  kLetter = 1,        // \p{L}
  kNumber = 2,        // \p{N}
  kSpace = 4,         // White_Space
  kMark = 8,          // \p{M}
  kWord = 16,         // \w
  kPunctuation = 32,  // \p{P} and the ASCII symbols
  kComposes = 64,     // NFC may change it, or it may combine with what stands before
};

struct Character {
  char32_t point;
  uint8_t classes;
  uint8_t length;  // in bytes
};

// The classes of every code point in two stages: equal blocks of 256 are kept once.
class UnicodeTable {
 public:
  UnicodeTable();

  uint8_t classes(char32_t point) const {
    return point < 128 ? ascii_[point] : blocks_[size_t{stage_[point >> 8]} << 8 | (point & 0xFF)];
  }

  // The character at text[at], at < text.size(). Bytes that are no UTF-8 read as U+FFFD.
  Character read(std::string_view text, size_t at) const {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) return {lead, ascii_[lead], 1};
    return read_long(text, at);
  }

 private:
  Character read_long(std::string_view text, size_t at) const;

  std::array<uint8_t, 128> ascii_;
  std::array<uint16_t, 0x1100> stage_;
  std::vector<uint8_t> blocks_;
};

// Built once a process, never changed.
const UnicodeTable& unicode_table();

}  // namespace graft::inline v0
