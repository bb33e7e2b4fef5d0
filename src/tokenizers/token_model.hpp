// SPDX-License-Identifier: Apache-2.0
//
// What makes tokens of the pieces of a text: byte-pair encoding, WordPiece or Unigram.
#pragma once

#include <string_view>

#include "support/json.hpp"
#include "tokenizers/token_run.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

// Constant once it is made; may be used from many threads.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // Appends the tokens of a piece to the run. Their places lie in the piece.
  virtual void encode(std::string_view piece, TokenRun& run) const = 0;
  // The section "model" of a tokenizer.json. "vocab" is left to the caller where it only says the ids of the texts.
  virtual Json describe(const Vocabulary& vocabulary) const = 0;
};

}  // namespace graft::inline v0
