// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/model_parts.hpp"

#include <algorithm>
#include <utility>

namespace graft::inline v0 {
namespace {

bool reaches_into_next_word(std::string_view token) {
  const std::string_view mark = kSpaceMark;
  for (size_t at = token.find(mark); at != token.npos; at = token.find(mark, at + mark.size()))
    if (at > 0 && !token.substr(0, at).ends_with(mark)) return true;
  return false;
}

}  // namespace

std::optional<int32_t> ModelParts::unknown() const {
  if (kind == Kind::bpe) return bpe.unknown;
  return kind == Kind::unigram ? unigram.unknown : word_piece.unknown;
}

std::unique_ptr<const TokenModel> ModelParts::make(const TextTable& tokens) {
  if (kind == Kind::bpe) return std::make_unique<Bpe>(tokens, std::exchange(merges, {}), bpe);
  if (kind == Kind::unigram) return std::make_unique<Unigram>(tokens, std::move(unigram));
  return std::make_unique<WordPiece>(tokens, std::move(word_piece));
}

bool ModelParts::words_stand_apart(const TextTable& tokens) const {
  if (kind == Kind::word_piece || (kind == Kind::bpe && !bpe.characters) || unigram.sums_in_float) return false;
  bool has_mark = false;
  for (size_t id = 0; id < tokens.size(); ++id) {
    has_mark |= tokens[id] == kSpaceMark;
    if (kind == Kind::unigram && reaches_into_next_word(tokens[id])) return false;
  }
  return has_mark && std::none_of(merges.begin(), merges.end(), [&](const Merge& merge) {
           return reaches_into_next_word(tokens[static_cast<size_t>(merge.result)]);
         });
}

}  // namespace graft::inline v0
