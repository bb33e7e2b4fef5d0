// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tokenizers/unicode.hpp"

namespace graft::inline v0 {

// Steps through a text by runs of character classes.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : table_(unicode_table()), text_(text) {}

  bool at_end(size_t at) const { return at >= text_.size(); }
  Character read(size_t at) const { return table_.read(text_, at); }

  // The end of the run of characters of `wanted` classes (of any other class when `wanted` is negated by `inverse`).
  template <bool inverse = false>
  size_t run(size_t at, uint8_t wanted) const {
    while (at < text_.size()) {
      const Character c = read(at);
      if (((c.classes & wanted) != 0) == inverse) break;
      at += c.length;
    }
    return at;
  }
  size_t symbols(size_t at) const { return run<true>(at, kLetter | kNumber | kSpace); }

  // `\s+(?!\S)|\s+`: a run of spaces, without its last one where something follows and more than one is there.
  size_t spaces(size_t at) const {
    size_t last = at, end = at;
    while (end < text_.size()) {
      const Character c = read(end);
      if (!(c.classes & kSpace)) break;
      last = end;
      end += c.length;
    }
    return end < text_.size() && last > at ? last : end;
  }

  // The end of 's 't 're 've 'm 'll 'd at an apostrophe, or 0. Upper case counts when `any_case`.
  size_t contraction(size_t at, bool any_case) const {
    const auto lower = [&](size_t i) {
      const char c = i < text_.size() ? text_[i] : '\0';
      return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    const char first = lower(at + 1), second = lower(at + 2);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l'))
      return at + 3;
    // The long s is an s without regard to case.
    return any_case && text_.substr(at + 1, 2) == "\xC5\xBF" ? at + 3 : 0;
  }

 private:
  const UnicodeTable& table_;
  std::string_view text_;
};

}  // namespace graft::inline v0
