// SPDX-License-Identifier: Apache-2.0
//
// How near generated texts come to references. Of whole corpora, one reference a text; 0 to 100. Every call throws
// ArgumentError for spans of different or no length.
#pragma once

#include <span>
#include <string>

#include <graft/export.hpp>

namespace graft::inline v0 {

enum class BleuTokens {
  words,       // parts between white space, punctuation apart
  characters,  // for Chinese and other writing without spaces
};

// BLEU with 1 to 4 tokens, brevity penalty and no smoothing (Papineni et al. 2002).
GRAFT_EXPORT double bleu(std::span<const std::string> texts, std::span<const std::string> references,
                         BleuTokens tokens = BleuTokens::words);

// chrF2: F-score of 1 to 6 characters without white space, recall counted twice (Popović 2015).
GRAFT_EXPORT double chrf(std::span<const std::string> texts, std::span<const std::string> references);

}  // namespace graft::inline v0
