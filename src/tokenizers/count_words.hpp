// SPDX-License-Identifier: Apache-2.0
//
// The words of texts and how often they occur: all that the training of a tokenizer needs to know of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "graft/tokenizer_train_options.hpp"
#include "tokenizers/pipeline.hpp"

namespace graft::inline v0 {

struct CountedWord {
  std::string text;
  uint64_t count = 0;
  bool continues = false;  // stands behind other characters of its word
};

// The pieces that the normalizer and the splitters of `parts` make of the texts, by their bytes; added tokens are cut
// out. Longer pieces than kLongestWord bytes are cut.
std::vector<CountedWord> count_words(const PipelineParts& parts,
                                     const std::function<std::optional<std::string>()>& next,
                                     const TokenizerTrainOptions& options);
inline constexpr size_t kLongestWord = 1024;

struct CountedCharacter {
  char32_t point;
  uint64_t count;
};
// The most frequent characters, by code point, until they make up `coverage` of all. U+FFFD is none.
std::vector<CountedCharacter> covering_characters(const std::vector<CountedWord>& words, double coverage);

// The stretches of words between characters that are not in the alphabet, equal ones together.
std::vector<CountedWord> covered_words(std::vector<CountedWord> words, const std::vector<CountedCharacter>& alphabet);

}  // namespace graft::inline v0
