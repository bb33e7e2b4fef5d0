// SPDX-License-Identifier: Apache-2.0
//
// Self-supervision: what is hidden from a model so that it learns to tell it. What is chosen depends on the seed, the
// step and the row alone.
#pragma once

#include "data/pack.hpp"
#include "graft/train_options.hpp"
#include "support/random_draws.hpp"

namespace graft::inline v0 {

// What a corruption must know of the vocabulary.
struct CorruptionTokens {
  int32_t mask = -1;
  int32_t vocabulary = 0;
  std::vector<bool> special;        // by id: never hidden, and no random replacement
  std::vector<bool> continues;      // by id: goes on with the word of the token before it
  std::vector<int32_t> sentinels;   // that stand for hidden spans, in order
  int32_t end = -1;                 // behind what a decoder writes
  std::vector<bool> ends_sentence;  // by id; empty where sentences keep their order
};

struct Corruption {
  enum class Kind { none, words, spans, infilling, replaced };
  Kind kind = Kind::none;
  CorruptionOptions options;
  CorruptionTokens tokens;
};

struct CorruptionKey {
  uint64_t seed, step, row;
};
inline RandomDraws draws_of(const CorruptionKey& key) { return {key.seed, key.step << 32 ^ key.row}; }

// Words (Devlin et al. 2019): of the chosen tokens 80 % become the mask, 10 % another token and 10 % stay; the row's
// token_labels say what they were. Spans (Raffel et al. 2020): each hidden span becomes a sentinel, and the row's
// target is what stood there. Infilling: infilling.hpp.
TokenRow corrupt(const TokenRow& row, const Corruption& corruption, const CorruptionKey& key);

// The places of a row that are hidden: the options' share of its tokens, of whole words if they say so.
std::vector<size_t> chosen_places(const TokenRow& row, const Corruption& corruption, RandomDraws& draw);

// A token that is not special.
int32_t random_token(const CorruptionTokens& tokens, int32_t instead, RandomDraws& draw);

}  // namespace graft::inline v0
