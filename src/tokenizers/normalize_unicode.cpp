// SPDX-License-Identifier: Apache-2.0
//
// The normalization forms of Unicode (UAX 15), with the origin of every character: decompose, order the marks, compose.
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "support/utf8.hpp"
#include "tokenizers/normalize.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0 {
namespace {

int combining_class(char32_t c) { return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class; }

// The one character that two are equivalent to, or 0.
char32_t composition(char32_t a, char32_t b) {
  std::array<utf8proc_int32_t, 3> pair = {static_cast<utf8proc_int32_t>(a), static_cast<utf8proc_int32_t>(b), 0};
  const auto length =
      utf8proc_normalize_utf32(pair.data(), 2, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  return length == 1 ? static_cast<char32_t>(pair[0]) : 0;
}

std::vector<Rewritten> decompose(std::string_view text, bool compatible) {
  std::vector<Rewritten> parts;
  std::vector<utf8proc_int32_t> buffer(32);
  const int options = UTF8PROC_DECOMPOSE | UTF8PROC_STABLE | (compatible ? UTF8PROC_COMPAT : 0);
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    int last_class = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer.data(),
                                               static_cast<utf8proc_ssize_t>(buffer.size()),
                                               static_cast<utf8proc_option_t>(options), &last_class);
    const bool decomposed = count > 0 && count <= static_cast<utf8proc_ssize_t>(buffer.size());
    if (!decomposed) parts.push_back({c, 0});
    for (utf8proc_ssize_t i = 0; decomposed && i < count; ++i)
      parts.push_back({static_cast<char32_t>(buffer[static_cast<size_t>(i)]), i == 0 ? 0 : 1});
  }
  return parts;
}

void order_marks(std::vector<Rewritten>& characters) {
  const auto by_class = [](const Rewritten& a, const Rewritten& b) {
    return combining_class(a.point) < combining_class(b.point);
  };
  for (auto at = characters.begin(); at != characters.end();) {
    const auto end = std::find_if(at, characters.end(), [](const Rewritten& c) { return !combining_class(c.point); });
    std::stable_sort(at, end, by_class);
    at = end == characters.end() ? end : end + 1;
  }
}

// A composed character stands for all it was made of: it takes the places of those in the original.
void compose(std::vector<Rewritten>& characters) {
  size_t kept = 0, starter = 0;
  int last_class = -1;  // of what stands between the starter and the character at hand; -1: nothing
  bool has_starter = false;
  for (const Rewritten c : std::vector<Rewritten>(characters)) {
    const int its_class = combining_class(c.point);
    if (has_starter && last_class < its_class) {
      if (const char32_t composed = composition(characters[starter].point, c.point)) {
        characters[starter].point = composed;
        characters[starter].change += c.change - 1;
        continue;
      }
    }
    characters[kept] = c;
    last_class = its_class;
    if (its_class == 0) {
      starter = kept;
      has_starter = true;
      last_class = -1;
    }
    ++kept;
  }
  characters.resize(kept);
}

class UnicodeNormalizer final : public Normalizer {
 public:
  explicit UnicodeNormalizer(UnicodeForm form) : form_(form) {}

  bool leaves(std::string_view text) const override {
    const UnicodeTable& table = unicode_table();
    for (size_t at = 0; at < text.size();) {
      const Character c = table.read(text, at);
      const bool invalid = c.point == 0xFFFD && (c.length != 3 || text[at] != '\xEF');
      if (invalid || (form_ == UnicodeForm::nfc ? c.classes & kComposes : c.point > 127)) return false;
      at += c.length;
    }
    return true;
  }

  void apply(NormalizedText& text) const override {
    std::vector<Rewritten> characters = decompose(text.text, form_ == UnicodeForm::nfkc || form_ == UnicodeForm::nfkd);
    order_marks(characters);
    if (form_ == UnicodeForm::nfc || form_ == UnicodeForm::nfkc) compose(characters);
    rewrite(text, characters);
  }

 private:
  UnicodeForm form_;
};

}  // namespace

std::unique_ptr<Normalizer> unicode_normalizer(UnicodeForm form) { return std::make_unique<UnicodeNormalizer>(form); }

}  // namespace graft::inline v0
