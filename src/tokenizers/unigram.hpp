// SPDX-License-Identifier: Apache-2.0
//
// The unigram language model (Kudo 2018): of all ways to cut a piece into tokens the one of the highest sum of scores,
// found by Viterbi's algorithm.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tokenizers/byte_tokens.hpp"
#include "tokenizers/prefix_trie.hpp"
#include "tokenizers/token_model.hpp"

namespace graft::inline v0 {

struct UnigramOptions {
  std::vector<double> scores;                         // log probabilities, by id
  std::optional<int32_t> unknown = std::nullopt;      // for characters without a token; without it they are left out
  std::optional<ByteTokens> fallback = std::nullopt;  // unknown text becomes the tokens of its bytes instead
  // Scores of ways are kept in single precision, as SentencePiece does: that decides between ways of equal score.
  bool sums_in_float = false;
};

class Unigram final : public TokenModel {
 public:
  // `tokens` are the texts of the tokens (none for those that stand for no text), as many as scores.
  Unigram(const TextTable& tokens, UnigramOptions options);

  void encode(std::string_view piece, TokenRun& run) const override;
  Json describe(const Vocabulary& vocabulary) const override;

 private:
  void cut(std::string_view piece, TokenRun& run) const;
  void find_ways(std::string_view piece, TokenRun& run) const;
  void add_unknown(std::string_view text, TokenRun& run) const;

  PrefixTrie trie_;
  double unknown_score_ = 0;
  UnigramOptions options_;
};

}  // namespace graft::inline v0
