// SPDX-License-Identifier: Apache-2.0
//
// WordPiece (Schuster & Nakajima 2012; Devlin et al. 2018): the longest token that a word begins with, then the longest
// continuation, and so on; a word that does not come out even is unknown as a whole.
#pragma once

#include <cstdint>
#include <string>

#include "tokenizers/piece_table.hpp"
#include "tokenizers/prefix_trie.hpp"
#include "tokenizers/token_model.hpp"

namespace graft::inline v0 {

struct WordPieceOptions {
  int32_t unknown = 0;
  std::string prefix = "##";  // of tokens that continue a word
  size_t longest_word = 100;  // in characters; longer words are unknown
};

class WordPiece final : public TokenModel {
 public:
  // `tokens` are the texts of the tokens (none for those that stand for no text) and must outlive the model.
  WordPiece(const TextTable& tokens, WordPieceOptions options);

  void encode(std::string_view piece, TokenRun& run) const override;
  Json describe(const Vocabulary& vocabulary) const override;

 private:
  void cut(std::string_view word, TokenRun& run) const;

  PieceTable words_;
  PrefixTrie beginnings_, continuations_;
  WordPieceOptions options_;
};

}  // namespace graft::inline v0
