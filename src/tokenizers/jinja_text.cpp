// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_text.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "support/message.hpp"
#include "support/utf8.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0::jinja {
namespace {

bool is_space(char32_t c) { return (unicode_table().classes(c) & kSpace) || (c >= 0x1C && c <= 0x1F); }

// The character at `at`, and where the next one begins.
char32_t character(const std::string& bytes, size_t at, size_t& next) {
  next = at;
  return next_code_point(bytes, next);
}

template <class Change>
Text change_characters(const Text& text, Change change) {
  Text result;
  for (size_t at = 0, next = 0; at < text.size(); at = next) {
    std::string changed;
    append_utf8(changed, static_cast<char32_t>(change(character(text.bytes(), at, next))));
    result.append(text.is_foreign(at) ? Text::foreign(std::move(changed)) : Text(std::move(changed)));
  }
  return result;
}

int32_t to_upper(char32_t c) { return utf8proc_toupper(static_cast<int32_t>(c)); }
int32_t to_lower(char32_t c) { return utf8proc_tolower(static_cast<int32_t>(c)); }

}  // namespace

Text Text::foreign(std::string bytes) {
  Text text(std::move(bytes));
  text.mark(0, text.size());
  return text;
}

void Text::mark(size_t begin, size_t end) {
  if (begin == end) return;
  if (!foreign_.empty() && foreign_.back().end == begin) {
    foreign_.back().end = static_cast<uint32_t>(end);
  } else {
    foreign_.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
  }
}

// The first span that ends behind a place.
std::vector<TextSpan>::const_iterator Text::first_span(size_t at) const {
  return std::lower_bound(foreign_.begin(), foreign_.end(), at,
                          [](const TextSpan& span, size_t place) { return span.end <= place; });
}

bool Text::is_foreign(size_t at) const {
  const auto span = first_span(at);
  return span != foreign_.end() && span->begin <= at;
}

void Text::append(std::string_view own) {
  check<ResourceError>(size() + own.size() <= kLongestText, "a text grows beyond the limit of ", kLongestText,
                       " bytes");
  bytes_ += own;
}

void Text::append(const Text& other) {
  const size_t begin = size();
  append(std::string_view(other.bytes_));
  for (const TextSpan& span : other.foreign_) mark(begin + span.begin, begin + span.end);
}

Text Text::slice(size_t begin, size_t end) const {
  if (begin >= end) return {};
  Text part(bytes_.substr(begin, end - begin));
  for (auto span = first_span(begin); span != foreign_.end() && span->begin < end; ++span)
    part.mark(std::max<size_t>(span->begin, begin) - begin, std::min<size_t>(span->end, end) - begin);
  return part;
}

size_t Text::next_character(size_t at) const {
  next_code_point(bytes_, at);
  return at;
}

size_t Text::characters() const {
  size_t count = 0;
  for (size_t at = 0; at < bytes_.size(); ++count) next_code_point(bytes_, at);
  return count;
}

size_t Text::byte_of_character(size_t place) const {
  size_t at = 0;
  for (; place > 0 && at < bytes_.size(); --place) next_code_point(bytes_, at);
  return at;
}

Text strip(const Text& text, const std::string* set, bool left, bool right) {
  const std::string& bytes = text.bytes();
  const auto goes = [&](size_t begin, size_t end) {
    size_t next = begin;
    return set ? set->find(bytes.substr(begin, end - begin)) != std::string::npos
               : is_space(character(bytes, begin, next));
  };
  size_t begin = 0, end = bytes.size();
  for (size_t next = 0; left && begin < end; begin = next) {
    character(bytes, begin, next);
    if (!goes(begin, next)) break;
  }
  while (right && end > begin) {
    const size_t last = character_before(bytes, end);
    if (!goes(last, end)) break;
    end = last;
  }
  return text.slice(begin, end);
}

Text replace(const Text& text, const std::string& from, const Text& to, size_t count) {
  Text result;
  size_t done = 0;
  if (from.empty()) {  // between all characters
    for (size_t next = 0; count > 0; --count, done = next) {
      result.append(to);
      if (done >= text.size()) return result;
      character(text.bytes(), done, next);
      result.append(text.slice(done, next));
    }
    result.append(text.from(done));
    return result;
  }
  for (size_t at = text.bytes().find(from); at != std::string::npos && count > 0; at = text.bytes().find(from, done)) {
    result.append(text.slice(done, at));
    result.append(to);
    done = at + from.size();
    --count;
  }
  result.append(text.from(done));
  return result;
}

std::vector<Text> split(const Text& text, const std::string& separator, size_t count) {
  std::vector<Text> parts;
  size_t done = 0;
  for (size_t at = text.bytes().find(separator); at != std::string::npos && parts.size() < count;
       at = text.bytes().find(separator, done)) {
    parts.push_back(text.slice(done, at));
    done = at + separator.size();
  }
  parts.push_back(text.from(done));
  return parts;
}

std::vector<Text> split_from_right(const Text& text, const std::string& separator, size_t count) {
  std::vector<Text> parts;
  size_t end = text.size();
  while (parts.size() < count && end >= separator.size()) {
    const size_t at = text.bytes().rfind(separator, end - separator.size());
    if (at == std::string::npos) break;
    parts.push_back(text.slice(at + separator.size(), end));
    end = at;
  }
  parts.push_back(text.slice(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> split_words(const Text& text, size_t count) {
  std::vector<Text> words;
  for (Text rest = strip(text, nullptr, true, false); !rest.empty();) {
    size_t end = 0;
    for (size_t next = 0; end < rest.size(); end = next)
      if (is_space(character(rest.bytes(), end, next))) break;
    if (words.size() == count) end = rest.size();
    words.push_back(rest.slice(0, end));
    rest = strip(rest.from(end), nullptr, true, false);
  }
  return words;
}

std::vector<Text> split_lines(const Text& text) {
  std::vector<Text> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text.bytes()[at];
    if (c != '\n' && c != '\r') continue;
    lines.push_back(text.slice(begin, at));
    if (c == '\r' && at + 1 < text.size() && text.bytes()[at + 1] == '\n') ++at;
    begin = at + 1;
  }
  if (begin < text.size()) lines.push_back(text.from(begin));
  return lines;
}

Text upper(const Text& text) { return change_characters(text, to_upper); }
Text lower(const Text& text) { return change_characters(text, to_lower); }

Text title(const Text& text, bool (*begins_word)(char32_t before)) {
  bool first = true;
  return change_characters(text, [&](char32_t c) {
    const int32_t changed = first ? to_upper(c) : to_lower(c);
    first = begins_word(c);
    return changed;
  });
}

Text capitalize(const Text& text) {
  return title(text, [](char32_t) { return false; });
}

}  // namespace graft::inline v0::jinja
