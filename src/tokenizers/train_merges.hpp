// SPDX-License-Identifier: Apache-2.0
//
// Learns what to join: the most frequent pair of neighbours becomes a token, again and again (Sennrich et al. 2016).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tokenizers/count_words.hpp"

namespace graft::inline v0 {

struct MergeTraining {
  std::vector<std::string> first_tokens;  // special tokens and the like; no word has them
  std::vector<std::string> alphabet;      // a character each
  std::string prefix;                     // of tokens that continue a word, as WordPiece has it; may be empty
  size_t longest_token = 0;               // in characters; 0: any
};

// The tokens by id: the first ones, the alphabet, with a prefix the characters that continue words, and then one a
// merge, but for merges that make a token that is known.
struct TrainedMerges {
  std::vector<std::string> tokens;
  std::vector<std::pair<int32_t, int32_t>> merges;
};

// Every character of the words is in the alphabet. Of pairs that are equally frequent that of the lowest ids comes
// first. Ends with the vocabulary full, no pair of options.min_count left, or a request to stop.
TrainedMerges train_merges(const std::vector<CountedWord>& words, const MergeTraining& training,
                           const TokenizerTrainOptions& options);

}  // namespace graft::inline v0
