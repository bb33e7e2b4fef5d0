// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/normalize.hpp"

#include <utf8proc.h>

#include <utility>

#include "support/message.hpp"
#include "support/pattern.hpp"
#include "support/utf8.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0 {
namespace {

// What a replacement may make of a text of some size.
size_t longest_result(size_t bytes) { return 32 * bytes + (64 << 10); }

class Lowercase final : public Normalizer {
  bool leaves(std::string_view text) const override {
    for (const char c : text)
      if ((c >= 'A' && c <= 'Z') || static_cast<signed char>(c) < 0) return false;
    return true;
  }
  void apply(NormalizedText& text) const override {
    NormalizedText after("", text.with_origins);
    for (size_t at = 0; at < text.text.size();) {
      const size_t begin = at, length = after.text.size();
      append_lowercase(after.text, next_code_point(text.text, at));
      if (text.with_origins) after.origins.insert(after.origins.end(), after.text.size() - length, text.origins[begin]);
    }
    text = std::move(after);
  }
};

void erase(NormalizedText& text, size_t at, size_t count) {
  text.text.erase(at, count);
  if (!text.with_origins) return;
  const auto from = text.origins.begin() + static_cast<ptrdiff_t>(at);
  text.origins.erase(from, from + static_cast<ptrdiff_t>(count));
}

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  bool leaves(std::string_view) const override { return false; }
  void apply(NormalizedText& text) const override {
    size_t begin = 0, end = 0;
    bool inside = false;
    for (size_t at = 0; at < text.text.size();) {
      const Character c = unicode_table().read(text.text, at);
      if (!(c.classes & kSpace)) {
        if (!inside) begin = at;
        inside = true;
        end = at + c.length;
      }
      at += c.length;
    }
    if (right_) erase(text, end, text.text.size() - end);
    if (left_) erase(text, 0, inside ? begin : text.text.size());
  }

 private:
  bool left_, right_;
};

class StripAccents final : public Normalizer {
  bool leaves(std::string_view text) const override {
    for (size_t at = 0; at < text.size();) {
      const Character c = unicode_table().read(text, at);
      if (c.classes & kMark) return false;
      at += c.length;
    }
    return true;
  }
  void apply(NormalizedText& text) const override {
    NormalizedText kept("", text.with_origins);
    for (size_t at = 0; at < text.text.size();) {
      const Character c = unicode_table().read(text.text, at);
      if (!(c.classes & kMark)) {
        kept.text.append(text.text, at, c.length);
        if (text.with_origins) kept.origins.insert(kept.origins.end(), &text.origins[at], &text.origins[at] + c.length);
      }
      at += c.length;
    }
    text = std::move(kept);
  }
};

class Prepend final : public Normalizer {
 public:
  Prepend(std::string text, bool even_twice) : prefix_(std::move(text)), even_twice_(even_twice) {}
  bool leaves(std::string_view text) const override {
    return text.empty() || (!even_twice_ && text.starts_with(prefix_));
  }
  void apply(NormalizedText& text) const override {
    if (leaves(text.text)) return;
    if (text.with_origins) text.origins.insert(text.origins.begin(), prefix_.size(), text.origins.front());
    text.text.insert(0, prefix_);
  }

 private:
  std::string prefix_;
  bool even_twice_;  // also where the text begins with it
};

// Where a replacement comes from that ends at `end`: the last character of what it replaces.
TextSpan origin_before(const NormalizedText& text, size_t end) {
  return text.origins.empty() ? TextSpan{0, 0} : text.origins[end == 0 ? 0 : end - 1];
}

// Replaces what a finder of matches finds.
template <class Matches>
class Replace final : public Normalizer {
 public:
  Replace(Matches matches, std::string content, std::string where)
      : matches_(std::move(matches)), content_(std::move(content)), where_(std::move(where)) {}
  bool leaves(std::string_view text) const override {
    if constexpr (requires { matches_.stands_in(text); }) return !matches_.stands_in(text);
    return false;
  }
  void apply(NormalizedText& text) const override {
    const std::string_view before = text.text;
    NormalizedText after("", text.with_origins);
    const size_t limit = longest_result(before.size());
    size_t copied = 0;
    const auto copy_to = [&](size_t end) {
      after.text.append(before, copied, end - copied);
      if (text.with_origins)
        after.origins.insert(after.origins.end(), text.origins.data() + copied, text.origins.data() + end);
      copied = end;
    };
    matches_.for_each_match(before, [&](std::string_view match) {
      const size_t from = static_cast<size_t>(match.data() - before.data());
      copy_to(from);
      copied = from + match.size();
      after.text += content_;
      if (text.with_origins) after.origins.insert(after.origins.end(), content_.size(), origin_before(text, copied));
      check<ResourceError>(after.text.size() <= limit, where_, ": the text grows beyond the limit of ", limit,
                           " bytes");
    });
    copy_to(before.size());
    text = std::move(after);
  }

 private:
  Matches matches_;
  std::string content_, where_;
};

// All places of a text, found faster than by a regular expression.
struct Literal {
  std::string text;
  bool stands_in(std::string_view in) const { return in.find(text) != in.npos; }
  template <class Take>
  void for_each_match(std::string_view in, Take take) const {
    for (size_t at = in.find(text); at != in.npos; at = in.find(text, at + text.size()))
      take(in.substr(at, text.size()));
  }
};

class Sequence final : public Normalizer {
 public:
  Sequence(std::vector<std::unique_ptr<Normalizer>> steps, std::string where)
      : steps_(std::move(steps)), where_(std::move(where)) {}
  bool leaves(std::string_view text) const override {
    for (const auto& step : steps_)
      if (!step->leaves(text)) return false;
    return true;
  }
  void apply(NormalizedText& text) const override {
    const size_t limit = longest_result(text.text.size());
    for (const auto& step : steps_) {
      step->apply(text);
      check<ResourceError>(text.text.size() <= limit, where_, ": the text grows beyond the limit of ", limit, " bytes");
    }
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
  std::string where_;
};

}  // namespace

void NormalizedText::reset(std::string_view original, bool origins_wanted) {
  text = original;
  with_origins = origins_wanted;
  origins.clear();
  if (!with_origins) return;
  origins.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    next_code_point(text, at);
    origins.insert(origins.end(), at - begin, {static_cast<uint32_t>(begin), static_cast<uint32_t>(at)});
  }
}

void rewrite(NormalizedText& text, const std::vector<Rewritten>& characters) {
  NormalizedText after("", text.with_origins);
  after.text.reserve(text.text.size());
  size_t at = 0;
  TextSpan origin{0, 0};
  for (const Rewritten& c : characters) {
    if (c.change <= 0 && at < text.text.size()) {
      if (text.with_origins) origin = text.origins[at];
      for (int i = c.change; i <= 0 && at < text.text.size(); ++i) next_code_point(text.text, at);
    }
    const size_t before = after.text.size();
    append_utf8(after.text, c.point);
    if (text.with_origins) after.origins.insert(after.origins.end(), after.text.size() - before, origin);
    // What is inserted next stands behind the last character that was taken.
    if (text.with_origins && at > 0) origin = text.origins[at - 1];
  }
  text = std::move(after);
}

void append_lowercase(std::string& text, char32_t character) {
  constexpr char32_t kDottedCapitalI = 0x130;  // the only capital whose small form is two characters
  if (character == kDottedCapitalI) {
    text += "i\xCC\x87";
  } else {
    append_utf8(text, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(character))));
  }
}

std::unique_ptr<Normalizer> lowercase_normalizer() { return std::make_unique<Lowercase>(); }
std::unique_ptr<Normalizer> strip_normalizer(bool left, bool right) { return std::make_unique<Strip>(left, right); }
std::unique_ptr<Normalizer> strip_accents_normalizer() { return std::make_unique<StripAccents>(); }
std::unique_ptr<Normalizer> prepend_normalizer(const std::string& text) {
  return std::make_unique<Prepend>(text, true);
}
std::unique_ptr<Normalizer> prefix_normalizer(const std::string& text) {
  return std::make_unique<Prepend>(text, false);
}
std::unique_ptr<Normalizer> replace_normalizer(const std::string& pattern, bool is_regex, const std::string& content,
                                               const std::string& where) {
  if (is_regex) return std::make_unique<Replace<Pattern>>(Pattern(pattern, where), content, where);
  check<FileError>(!pattern.empty(), where, ": replaces an empty text");
  return std::make_unique<Replace<Literal>>(Literal{pattern}, content, where);
}
std::unique_ptr<Normalizer> sequence_normalizer(std::vector<std::unique_ptr<Normalizer>> steps,
                                                const std::string& where) {
  return std::make_unique<Sequence>(std::move(steps), where);
}

}  // namespace graft::inline v0
