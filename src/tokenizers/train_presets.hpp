// SPDX-License-Identifier: Apache-2.0
//
// What the kinds of tokenizers that are trained have around their models.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graft/tokenizer_train_options.hpp"
#include "support/json.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

struct TrainPreset {
  std::vector<std::string> special_tokens;  // with the ids from 0 on; those of the options are behind the kind's own
  std::string unknown;                      // one of them; empty: every text has tokens
  Json sections;                            // of a tokenizer.json, without a model and a post-processor
  Json config;                              // tokenizer_config.json
};

// ArgumentError: an option is out of its range.
TrainPreset train_preset(const TokenizerTrainOptions& options);

// What goes around the tokens of a text.
Json train_post_processor(TokenizerKind kind, const Vocabulary& vocabulary);

}  // namespace graft::inline v0
