// SPDX-License-Identifier: Apache-2.0
//
// Sections of a tokenizer.json, for tokenizers that come from other files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/json.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

Json added_token_section(int32_t id, std::string_view text, bool special, bool normalized = false);

// The tokens around a text. Of a pair the second text has type 1, with all that stands around it.
struct Frame {
  std::vector<int32_t> before, after;
  bool repeats_before = true;  // `before` comes before the second text too
};
Json template_section(const Frame& frame, const Vocabulary& vocabulary);

Json byte_level_section(bool splits);
// The steps of a normalizer, or null where there are none.
Json normalizer_section(const std::vector<Json>& steps);
Json pre_tokenizer_section(const std::vector<Json>& steps);
Json replace_section(const Json& pattern, std::string_view content);

// Spaces as SentencePiece writes them: a mark each, and one before the text when `prefixed`. The decoder undoes that
// and puts bytes together.
std::vector<Json> space_mark_steps(bool prefixed);
Json space_mark_decoder(bool prefixed);

// A whole tokenizer.json without a model.
Json sections_of(const Json& normalizer, const Json& pre_tokenizer, const Json& post_processor, const Json& decoder);

}  // namespace graft::inline v0
