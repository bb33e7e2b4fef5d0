// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "tokenizers/bpe.hpp"
#include "tokenizers/unigram.hpp"
#include "tokenizers/wordpiece.hpp"

namespace graft::inline v0 {

// Stands for a space in the tokens of SentencePiece.
inline constexpr const char* kSpaceMark = "\u2581";

// What a model is made of; only the parts of its kind are used.
struct ModelParts {
  enum class Kind : uint8_t { bpe, word_piece, unigram } kind = Kind::bpe;
  BpeOptions bpe;
  std::vector<Merge> merges;
  WordPieceOptions word_piece;
  UnigramOptions unigram;

  std::optional<int32_t> unknown() const;
  // `tokens` as the model sees them; they must outlive it. Uses up the parts.
  std::unique_ptr<const TokenModel> make(const TextTable& tokens);
  // Whether no token reaches from one word into the next, where words begin with a space mark: then they can be encoded
  // one by one.
  bool words_stand_apart(const TextTable& tokens) const;
};

}  // namespace graft::inline v0
