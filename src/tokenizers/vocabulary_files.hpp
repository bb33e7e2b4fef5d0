// SPDX-License-Identifier: Apache-2.0
//
// The tokenizer.json that says what older files say: vocab.txt, or vocab.json and merges.txt. What they leave open is
// as transformers' classes for them have it.
#pragma once

#include <string>
#include <string_view>

#include "support/json.hpp"

namespace graft::inline v0 {

// What stands beside the vocabulary; absent files are null.
struct VocabularyFiles {
  std::string name;     // of the vocabulary, for messages
  const Json& added;    // added_tokens.json
  const Json& config;   // tokenizer_config.json
  const Json& special;  // special_tokens_map.json
};

// BERT's: a token a line.
Json word_piece_tokenizer(std::string_view words, const VocabularyFiles& beside);

// That of GPT-2, RoBERTa and Qwen2. UnsupportedError: words end with a suffix, as CLIP's do.
Json byte_level_tokenizer(const Json& vocabulary, std::string_view merges, const VocabularyFiles& beside);

}  // namespace graft::inline v0
