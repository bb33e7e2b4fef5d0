// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tokenizers/merge_table.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

// SentencePiece keeps no merges: any two tokens whose texts together are a token may become it, that of the highest
// score first. `mergeable`, by id, says which tokens take part.
std::vector<Merge> scored_merges(const Vocabulary& vocabulary, const std::vector<float>& scores,
                                 const std::vector<bool>& mergeable);

}  // namespace graft::inline v0
