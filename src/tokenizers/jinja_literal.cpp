// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_literal.hpp"

#include <charconv>

#include "support/utf8.hpp"

namespace graft::inline v0::jinja {
namespace {

// `digits` hexadecimal digits as a character; false where they are none.
bool append_hexadecimal(std::string_view literal, size_t at, size_t digits, std::string& text) {
  uint32_t point = 0;
  const std::string_view number = literal.substr(at, digits);
  const auto read = std::from_chars(number.data(), number.data() + number.size(), point, 16);
  if (number.size() != digits || read.ptr != number.data() + digits || point > 0x10FFFF) return false;
  append_utf8(text, point);
  return true;
}

}  // namespace

std::string undo_escapes(std::string_view literal) {
  constexpr std::string_view kLetters = "ntrabfv\\'\"", kMeanings = "\n\t\r\a\b\f\v\\'\"";
  std::string text;
  for (size_t at = 0; at < literal.size(); ++at) {
    if (literal[at] != '\\' || at + 1 == literal.size()) {
      text += literal[at];
      continue;
    }
    const char letter = literal[++at];
    if (const size_t known = kLetters.find(letter); known != std::string_view::npos) {
      text += kMeanings[known];
      continue;
    }
    if (letter == '\n') continue;
    const size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (digits > 0 && append_hexadecimal(literal, at + 1, digits, text)) {
      at += digits;
    } else {
      text += '\\';
      text += letter;
    }
  }
  return text;
}

}  // namespace graft::inline v0::jinja
