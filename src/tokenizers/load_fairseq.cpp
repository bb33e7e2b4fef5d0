// SPDX-License-Identifier: Apache-2.0
#include "support/message.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kOwnPieces = 3;  // <unk>, <s>, </s> of SentencePiece

Json item(const char* kind, const char* id) { return {{kind, {{"id", id}, {"type_id", 0}}}}; }

// <s> A </s>, and <s> A </s> </s> B </s>, all of type 0.
Json frame_section() {
  const Json cls = item("SpecialToken", "<s>"), sep = item("SpecialToken", "</s>");
  const Json first = item("Sequence", "A"), second = item("Sequence", "B");
  Json tokens = Json::object();
  tokens["<s>"] = {{"id", "<s>"}, {"ids", {0}}, {"tokens", {"<s>"}}};
  tokens["</s>"] = {{"id", "</s>"}, {"ids", {2}}, {"tokens", {"</s>"}}};
  return {{"type", "TemplateProcessing"},
          {"single", {cls, first, sep}},
          {"pair", {cls, first, sep, sep, second, sep}},
          {"special_tokens", tokens}};
}

}  // namespace

PipelineParts read_fairseq_vocabulary(const ScoredVocabulary& given, const std::string& file) {
  check<FileError>(given.tokens.size() > kOwnPieces && given.tokens[0] == "<unk>" && given.tokens[1] == "<s>" &&
                       given.tokens[2] == "</s>",
                   file, ": the first pieces are others than <unk>, <s> and </s>, expected a model of XLM-RoBERTa");
  ScoredVocabulary numbered = given;
  numbered.tokens = {"<s>", "<pad>", "</s>", "<unk>"};
  numbered.types = {TokenType::control, TokenType::control, TokenType::control, TokenType::unknown};
  numbered.scores.assign(numbered.tokens.size(), 0);
  numbered.tokens.insert(numbered.tokens.end(), given.tokens.begin() + kOwnPieces, given.tokens.end());
  numbered.types.insert(numbered.types.end(), given.types.begin() + kOwnPieces, given.types.end());
  numbered.scores.insert(numbered.scores.end(), given.scores.begin() + kOwnPieces, given.scores.end());
  numbered.tokens.push_back("<mask>");
  numbered.types.push_back(TokenType::control);
  numbered.scores.push_back(0);
  PipelineParts parts = read_scored_vocabulary(numbered, file);
  parts.sections["post_processor"] = frame_section();
  parts.post = read_post_processor(parts.sections["post_processor"], file);
  parts.added.back().lstrip = true;  // <mask> takes the space before it
  Json& added = parts.sections["added_tokens"];
  added[added.size() - 1]["lstrip"] = true;
  return parts;
}

}  // namespace graft::inline v0
