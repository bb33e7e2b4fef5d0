// SPDX-License-Identifier: Apache-2.0
#include "support/utf8.hpp"
#include "tokenizers/normalize.hpp"

namespace graft::inline v0 {
namespace {

bool is_removed(char32_t c) {
  return (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
}

bool is_spacing(char32_t c) {
  return c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028 ||
         c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
}

class Nmt final : public Normalizer {
  bool leaves(std::string_view text) const override {
    for (const char c : text)
      if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') return false;
    return true;
  }
  void apply(NormalizedText& text) const override {
    NormalizedText after("", text.with_origins);
    for (size_t at = 0; at < text.text.size();) {
      const size_t begin = at, length = after.text.size();
      const char32_t c = next_code_point(text.text, at);
      if (!is_removed(c)) append_utf8(after.text, is_spacing(c) ? U' ' : c);
      if (text.with_origins) after.origins.insert(after.origins.end(), after.text.size() - length, text.origins[begin]);
    }
    text = std::move(after);
  }
};

}  // namespace

std::unique_ptr<Normalizer> nmt_normalizer() { return std::make_unique<Nmt>(); }

}  // namespace graft::inline v0
