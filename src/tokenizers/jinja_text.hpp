// SPDX-License-Identifier: Apache-2.0
//
// The texts of a template. They remember which of their bytes are foreign, that is, come from messages rather than from
// the template, so that what a user writes never becomes a special token.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/normalize.hpp"

namespace graft::inline v0::jinja {

inline constexpr size_t kLongestText = 16 << 20;

class Text {
 public:
  Text() = default;
  Text(std::string bytes) : bytes_(std::move(bytes)) {}
  Text(const char* bytes) : bytes_(bytes) {}
  static Text foreign(std::string bytes);

  const std::string& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  const std::vector<TextSpan>& foreign_spans() const { return foreign_; }  // in order, apart from each other
  bool is_foreign(size_t at) const;
  bool is_foreign() const { return !foreign_.empty(); }  // in any byte

  // ResourceError: the text would be longer than kLongestText.
  void append(const Text& other);
  void append(std::string_view own);
  void append(const char* own) { append(std::string_view(own)); }
  void append(const std::string& own) { append(std::string_view(own)); }
  Text slice(size_t begin, size_t end) const;
  Text from(size_t begin) const { return slice(begin, size()); }

  // Where the character at `at` ends.
  size_t next_character(size_t at) const;
  // Characters instead of bytes.
  size_t characters() const;
  size_t byte_of_character(size_t character) const;  // at most size()

 private:
  void mark(size_t begin, size_t end);
  std::vector<TextSpan>::const_iterator first_span(size_t at) const;

  std::string bytes_;
  std::vector<TextSpan> foreign_;
};

// Without the characters of `set` at the ends (white space when `set` is null).
Text strip(const Text& text, const std::string* set, bool left, bool right);
// Every `from` replaced, at most `count` times.
Text replace(const Text& text, const std::string& from, const Text& to, size_t count);
std::vector<Text> split(const Text& text, const std::string& separator, size_t count);
std::vector<Text> split_from_right(const Text& text, const std::string& separator, size_t count);
// At runs of white space, of which none is at the ends.
std::vector<Text> split_words(const Text& text, size_t count);
std::vector<Text> split_lines(const Text& text);

Text upper(const Text& text);
Text lower(const Text& text);
Text capitalize(const Text& text);
// Capitals behind every character that `begins_word` accepts, small letters elsewhere.
Text title(const Text& text, bool (*begins_word)(char32_t before));

}  // namespace graft::inline v0::jinja
