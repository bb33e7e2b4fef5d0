// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tokenizers/charsmap.hpp"

namespace graft::inline v0 {

struct SentencePieceOptions {
  std::string_view charsmap = {};    // may be empty
  bool adds_prefix = true;           // a space before the text
  bool removes_extra_spaces = true;  // at the ends of the text, and all but one of several
};

// What SentencePiece does to a text: characters are replaced, and every space becomes a mark.
std::unique_ptr<Normalizer> sentencepiece_normalizer(const SentencePieceOptions& options, const std::string& where);

}  // namespace graft::inline v0
