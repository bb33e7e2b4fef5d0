// SPDX-License-Identifier: Apache-2.0
//
// BERT's normalizer: control characters out, Chinese characters apart, accents off, small letters; in one pass, in
// which every character that is made comes from the one at hand.
#include <utf8proc.h>

#include <array>

#include "support/utf8.hpp"
#include "tokenizers/normalize.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0 {
namespace {

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

bool is_control(char32_t c) {
  const utf8proc_category_t its = category(c);
  return its == UTF8PROC_CATEGORY_CC || its == UTF8PROC_CATEGORY_CF || its == UTF8PROC_CATEGORY_CO;
}

class Bert final : public Normalizer {
 public:
  explicit Bert(const BertOptions& options) : options_(options) {
    for (int c = 0; c < 128; ++c) {
      const bool is_space = c == ' ' || (c >= 9 && c <= 13);
      const bool is_dropped = options.clean && (c == 127 || (c < ' ' && c != '\t' && c != '\n' && c != '\r'));
      const bool is_capital = options.lowercase && c >= 'A' && c <= 'Z';
      ascii_[static_cast<size_t>(c)] = static_cast<char>(is_dropped                  ? kDropped
                                                         : options.clean && is_space ? ' '
                                                         : is_capital                ? c + 32
                                                                                     : c);
    }
  }

  bool leaves(std::string_view text) const override {
    for (const char c : text)
      if (static_cast<signed char>(c) < 0 || ascii_[static_cast<size_t>(c)] != c) return false;
    return true;
  }

  void apply(NormalizedText& text) const override {
    NormalizedText after("", text.with_origins);
    after.text.reserve(text.text.size() + text.text.size() / 8);
    for (size_t at = 0; at < text.text.size();) {
      const size_t begin = at, length = after.text.size();
      if (const char byte = text.text[at]; static_cast<signed char>(byte) >= 0) {
        ++at;
        if (const char mapped = ascii_[static_cast<size_t>(byte)]; mapped != kDropped) after.text += mapped;
      } else {
        add(next_code_point(text.text, at), after.text);
      }
      if (text.with_origins) after.origins.insert(after.origins.end(), after.text.size() - length, text.origins[begin]);
    }
    text = std::move(after);
  }

 private:
  static constexpr char kDropped = '\xFF';  // no ASCII character

  void add(char32_t c, std::string& text) const {
    if (options_.clean && (c == 0xFFFD || is_control(c))) return;
    if (options_.clean && unicode_table().classes(c) & kSpace) {
      text += ' ';
      return;
    }
    const bool stands_apart = options_.separate_chinese && is_chinese(c);
    if (stands_apart) text += ' ';
    options_.strip_accents ? add_stripped(c, text) : add_letter(c, text);
    if (stands_apart) text += ' ';
  }

  void add_stripped(char32_t c, std::string& text) const {
    std::array<utf8proc_int32_t, 16> parts;
    int last_class = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(),
                                               UTF8PROC_DECOMPOSE, &last_class);
    if (count <= 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) return add_letter(c, text);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      if (category(static_cast<char32_t>(parts[i])) != UTF8PROC_CATEGORY_MN)
        add_letter(static_cast<char32_t>(parts[i]), text);
  }

  void add_letter(char32_t c, std::string& text) const {
    options_.lowercase ? append_lowercase(text, c) : append_utf8(text, c);
  }

  BertOptions options_;
  std::array<char, 128> ascii_;  // what becomes of each ASCII character
};

}  // namespace

std::unique_ptr<Normalizer> bert_normalizer(const BertOptions& options) { return std::make_unique<Bert>(options); }

}  // namespace graft::inline v0
