// SPDX-License-Identifier: Apache-2.0
//
// SentencePiece models (tokenizer.model, spiece.model): a protobuf message, read by hand.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "support/published_tokenizers.hpp"

namespace graft::inline v0 {

struct SentencePieceModel {
  enum class Kind : int32_t { unigram = 1, bpe, word, character } kind = Kind::unigram;
  // A piece each, numbered from 0.
  std::vector<std::string_view> pieces;
  std::vector<float> scores;
  std::vector<TokenType> types;
  int32_t unknown = 0, bos = 1, eos = 2, padding = -1;  // -1: there is none
  std::string_view charsmap;
  bool adds_prefix = true;
  bool removes_extra_spaces = true;
  bool marks_spaces = true;
  bool space_is_suffix = false;
};

// Views of the bytes, which must outlive it. FileError: no such message, or pieces that make no sense; `name` begins
// its message.
SentencePieceModel read_sentencepiece(std::span<const std::byte> bytes, std::string_view name);

}  // namespace graft::inline v0
