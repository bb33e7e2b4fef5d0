// SPDX-License-Identifier: Apache-2.0
#include "api/encode_rows.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kSentinels = 100;

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

}  // namespace

std::optional<int32_t> mask_token(const Tokenizer& tokenizer) {
  for (const char* name : {"[MASK]", "<mask>"})
    if (const auto id = tokenizer.id(name)) return id;
  return std::nullopt;
}

Corruption corruption_for(const Model::State& model, const CorruptionOptions& options, bool has_targets) {
  const Task task = model.trunk->architecture.task;
  const bool hides_words = task == Task::masked || task == Task::pretraining;
  if (!hides_words && (task != Task::translate || has_targets)) return {};
  const Tokenizer& tokenizer = model.tokenizer;
  Corruption corruption{.kind = hides_words ? Corruption::Kind::words : Corruption::Kind::spans,
                        .options = options,
                        .tokens = tokens_of(tokenizer, model.trunk->transformer.stack().embedding.vocabulary)};
  CorruptionTokens& tokens = corruption.tokens;
  if (hides_words) {
    const std::optional<int32_t> mask = mask_token(tokenizer);
    check<UnsupportedError>(mask.has_value(), "training: the tokenizer has no mask token, expected [MASK] or <mask>");
    tokens.mask = *mask;
    return corruption;
  }
  for (int i = 0; i < kSentinels; ++i)
    if (const auto id = tokenizer.id(message("<extra_id_", i, ">"))) tokens.sentinels.push_back(*id);
  check<UnsupportedError>(
      !tokens.sentinels.empty() && tokenizer.eos(),
      "training: the tokenizer has no tokens <extra_id_0> … and no end token; give a prompt and its "
      "completion instead");
  tokens.end = *tokenizer.eos();
  return corruption;
}

}  // namespace graft::inline v0
