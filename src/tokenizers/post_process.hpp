// SPDX-License-Identifier: Apache-2.0
//
// What is done to the tokens of one or two texts at the end: special tokens go around them as a template says.
#pragma once

#include <cstdint>
#include <vector>

#include "tokenizers/encoded_text.hpp"

namespace graft::inline v0 {

struct TemplateItem {
  enum Kind : uint8_t { token, first_text, second_text } kind = token;
  int32_t id = 0;  // of a token
  int32_t type_id = 0;
};

struct PostProcessor {
  // How one text and two texts become a sequence; by default just the texts, of types 0 and 1.
  std::vector<TemplateItem> single = {{TemplateItem::first_text}};
  std::vector<TemplateItem> pair = {{TemplateItem::first_text}, {TemplateItem::second_text, 0, 1}};
  // Offsets leave out the spaces at the ends of a token, but for one that `prefix_space` may have put before the text.
  bool trim_offsets = false;
  bool prefix_space = false;

  // Special tokens of one text or of two.
  size_t added_tokens(bool is_pair) const;
  // The texts' tokens in the places of the template, whose own tokens are left out unless special_tokens. Every window
  // that overflows is combined with every one of the other text.
  EncodedText process(EncodedText first, const EncodedText* second, bool special_tokens) const;
};

}  // namespace graft::inline v0
