// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/utf8.hpp"

namespace graft::inline v0 {

// The words of a text, as parts of it: runs of letters, and each Chinese character.
inline std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  bool goes_on = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(text, at);
    const bool is_han = (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF);
    const bool is_letter = c >= 0xC0 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_mark = (c >= 0x2000 && c <= 0x303F) || (c >= 0xFE30 && c <= 0xFF20) || c >= 0x1F000;  // signs
    if (is_han || (is_letter && !is_mark && !goes_on))
      words.push_back(text.substr(begin, at - begin));
    else if (is_letter && !is_mark)
      words.back() = {words.back().data(), words.back().size() + (at - begin)};
    goes_on = is_letter && !is_mark && !is_han;
  }
  return words;
}

// The text with others in the place of some of its words, which are given in their order.
inline std::string with_words(std::string_view text, std::span<const std::string_view> words,
                              std::span<const std::string> others) {
  std::string result;
  size_t done = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t begin = size_t(words[i].data() - text.data());
    result.append(text.substr(done, begin - done)).append(others[i]);
    done = begin + words[i].size();
  }
  return result.append(text.substr(done));
}

}  // namespace graft::inline v0
