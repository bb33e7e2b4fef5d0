// SPDX-License-Identifier: Apache-2.0
//
// Candidates for the tokens of a unigram model: the stretches of characters that occur more than once.
#pragma once

#include <string>
#include <vector>

#include "tokenizers/count_words.hpp"

namespace graft::inline v0 {

struct Seed {
  std::string text;
  uint64_t count;  // occurrences, words counted as often as they come
};

// At most `most` stretches of 2 to `longest` characters, those first that cover the most text; of several that occur
// at the same places only the longest.
std::vector<Seed> unigram_seeds(const std::vector<CountedWord>& words, size_t longest, size_t most);

}  // namespace graft::inline v0
