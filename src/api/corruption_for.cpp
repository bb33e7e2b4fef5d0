// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/encode_rows.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kSentinels = 100;
constexpr std::string_view kSentenceEnds[] = {".", "!", "?", "。", "！", "？"};

// How a vocabulary tells the tokens that begin a word from those that go on with it.
enum class WordMarks { none, continued, begun };  // "##ing", or "Ġthe" and "▁the"

WordMarks marks_of(const Vocabulary& vocabulary) {
  WordMarks marks = WordMarks::none;
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.has(id) ? vocabulary.text(id) : "";
    if (token.starts_with("##") && token.size() > 2) return WordMarks::continued;
    if (token.starts_with("Ġ") || token.starts_with("▁")) marks = WordMarks::begun;
  }
  return marks;
}

bool goes_on(std::string_view token, WordMarks marks) {
  if (marks == WordMarks::continued) return token.starts_with("##");
  return marks == WordMarks::begun && !token.starts_with("Ġ") && !token.starts_with("▁");
}

CorruptionTokens tokens_of(const Tokenizer& tokenizer, int rows) {
  const Vocabulary& vocabulary = tokenizer.loaded().pipeline().vocabulary();
  const WordMarks marks = marks_of(vocabulary);
  CorruptionTokens tokens;
  tokens.vocabulary = std::min(vocabulary.size(), rows);
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    tokens.special.push_back(!vocabulary.has(id) || tokenizer.is_special(id));
    tokens.continues.push_back(vocabulary.has(id) && goes_on(vocabulary.text(id), marks));
  }
  return tokens;
}

std::vector<int32_t> sentinels_of(const Tokenizer& tokenizer) {
  std::vector<int32_t> sentinels;
  for (int i = 0; i < kSentinels; ++i)
    if (const auto id = tokenizer.id(message("<extra_id_", i, ">"))) sentinels.push_back(*id);
  return sentinels;
}

std::vector<bool> sentence_ends(const Tokenizer& tokenizer) {
  std::vector<bool> ends;
  for (int32_t id = 0; id < tokenizer.vocabulary_size(); ++id) {
    const std::string text = tokenizer.decode({&id, 1});
    ends.push_back(std::any_of(std::begin(kSentenceEnds), std::end(kSentenceEnds),
                               [&](std::string_view end) { return text.ends_with(end); }));
  }
  return ends;
}

Corruption::Kind kind_for(Task task, bool has_targets, bool has_sentinels) {
  switch (task) {
    case Task::masked:
    case Task::pretraining:
      return Corruption::Kind::words;
    case Task::discriminate:
      return Corruption::Kind::replaced;
    case Task::translate:
      if (has_targets) return Corruption::Kind::none;
      return has_sentinels ? Corruption::Kind::spans : Corruption::Kind::infilling;
    default:
      return Corruption::Kind::none;
  }
}

}  // namespace

std::optional<int32_t> mask_token(const Tokenizer& tokenizer) {
  for (const char* name : {"[MASK]", "<mask>"})
    if (const auto id = tokenizer.id(name)) return id;
  return std::nullopt;
}

Corruption corruption_for(const Model::State& model, const CorruptionOptions& options, bool has_targets) {
  const Tokenizer& tokenizer = model.tokenizer;
  const Task task = model.trunk->architecture.task;
  const std::vector<int32_t> sentinels = task == Task::translate ? sentinels_of(tokenizer) : std::vector<int32_t>();
  const Corruption::Kind kind = kind_for(task, has_targets, !sentinels.empty());
  if (kind == Corruption::Kind::none) return {};
  Corruption corruption{.kind = kind,
                        .options = options,
                        .tokens = tokens_of(tokenizer, model.trunk->transformer.stack().embedding.vocabulary)};
  CorruptionTokens& tokens = corruption.tokens;
  if (kind == Corruption::Kind::spans) {
    check<UnsupportedError>(tokenizer.eos().has_value(), "training: the tokenizer has no end token");
    tokens.sentinels = sentinels;
    tokens.end = *tokenizer.eos();
    return corruption;
  }
  const bool fills = kind == Corruption::Kind::infilling;
  const std::optional<int32_t> mask = mask_token(tokenizer);
  check<UnsupportedError>(mask.has_value(), "training: the tokenizer has ",
                          fills ? "no tokens <extra_id_0> … and no mask token; give a prompt and its completion instead"
                                : "no mask token, expected [MASK] or <mask>");
  tokens.mask = *mask;
  if (fills && options.shuffles_sentences) tokens.ends_sentence = sentence_ends(tokenizer);
  return corruption;
}

}  // namespace graft::inline v0
