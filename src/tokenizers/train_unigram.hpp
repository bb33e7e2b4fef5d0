// SPDX-License-Identifier: Apache-2.0
//
// Learns a unigram language model (Kudo 2018): from many candidates, probabilities by expectation and maximisation; the
// candidates that the texts can best do without are dropped, and again, until as many are left as are wanted.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tokenizers/count_words.hpp"

namespace graft::inline v0 {

// At most `wanted` tokens with the logarithms of their probabilities, the most probable first; all of the alphabet are
// among them. Every character of the words is in the alphabet.
std::vector<std::pair<std::string, double>> train_unigram(const std::vector<CountedWord>& words,
                                                          const std::vector<CountedCharacter>& alphabet, size_t wanted,
                                                          const TokenizerTrainOptions& options);

}  // namespace graft::inline v0
