// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace graft::inline v0 {

// Reads one code point at text[at] and moves `at` behind it. A byte that begins no valid sequence gives U+FFFD and
// moves as far as the maximal ill-formed prefix reaches (Unicode 15, section 3.9, table 3-8).
char32_t next_code_point(std::string_view text, size_t& at);

// Whether a byte continues a character.
inline bool is_continuation(char byte) { return (byte & 0xC0) == 0x80; }

// Where the character that ends at `end`, more than 0, begins.
inline size_t character_before(std::string_view text, size_t end) {
  size_t at = end - 1;
  while (at > 0 && end - at < 4 && is_continuation(text[at])) --at;
  return at;
}

void append_utf8(std::string& text, char32_t code_point);

bool is_valid_utf8(std::string_view text);

}  // namespace graft::inline v0
