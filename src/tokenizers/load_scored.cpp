// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "support/base64.hpp"
#include "support/message.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/normalize_sentencepiece.hpp"
#include "tokenizers/scored_merges.hpp"
#include "tokenizers/section_writers.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

// As other programs must write it: they know the charsmap, but not the rest of what SentencePiece does to spaces.
Json normalizer(const ScoredVocabulary& given) {
  std::vector<Json> steps;
  if (!given.charsmap.empty())
    steps.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", to_base64(given.charsmap)}});
  if (given.removes_extra_spaces) {
    steps.push_back(replace_section({{"Regex", " {2,}"}}, " "));
    steps.push_back(replace_section({{"Regex", "^ | $"}}, ""));
  }
  for (const Json& step : space_mark_steps(given.adds_prefix)) steps.push_back(step);
  return normalizer_section(steps);
}

Json added_tokens(const ScoredVocabulary& given) {
  Json added = Json::array();
  for (size_t id = 0; id < given.tokens.size(); ++id) {
    const TokenType type = given.types[id];
    if (type == TokenType::control || type == TokenType::unknown)
      added.push_back(added_token_section(static_cast<int32_t>(id), given.tokens[id], true));
    if (type == TokenType::user_defined)
      added.push_back(added_token_section(static_cast<int32_t>(id), given.tokens[id], false, !given.adds_prefix));
  }
  return added;
}

void set_model(const ScoredVocabulary& given, PipelineParts& parts) {
  std::optional<int32_t> unknown;
  std::optional<ByteTokens> fallback;
  for (size_t id = 0; id < given.types.size(); ++id) {
    if (given.types[id] == TokenType::unknown) unknown = static_cast<int32_t>(id);
    if (given.types[id] == TokenType::unused) parts.unused.push_back(static_cast<int32_t>(id));
    if (given.types[id] == TokenType::byte && !fallback) fallback = find_byte_tokens(parts.vocabulary);
  }
  if (given.is_unigram) {
    parts.model.kind = ModelParts::Kind::unigram;
    parts.model.unigram = {.scores = {given.scores.begin(), given.scores.end()},
                           .unknown = unknown,
                           .fallback = fallback,
                           .sums_in_float = true};
    return;
  }
  parts.model.bpe = {.characters = true, .fallback = fallback, .unknown = unknown, .fuse_unknown = true};
  std::vector<bool> mergeable(given.types.size());
  for (size_t id = 0; id < mergeable.size(); ++id)
    mergeable[id] = given.types[id] == TokenType::normal || given.types[id] == TokenType::user_defined;
  parts.model.merges = scored_merges(parts.vocabulary, given.scores, mergeable);
}

}  // namespace

PipelineParts read_scored_vocabulary(const ScoredVocabulary& given, const std::string& file) {
  Json sections = sections_of(normalizer(given), nullptr, nullptr, space_mark_decoder(given.adds_prefix));
  sections["added_tokens"] = added_tokens(given);
  PipelineParts parts = read_sections(std::move(sections), file);
  // Here no prefix gets in the way: symbols of the user are always found in what became of the text.
  parts.normalizes_added = false;
  for (AddedToken& token : parts.added) token.normalized = !token.special;
  parts.normalizer = sentencepiece_normalizer({.charsmap = given.charsmap,
                                               .adds_prefix = given.adds_prefix,
                                               .removes_extra_spaces = given.removes_extra_spaces},
                                              file + ": normalizer");
  parts.vocabulary = Vocabulary::numbered(given.tokens, file);
  set_model(given, parts);
  return parts;
}

}  // namespace graft::inline v0
