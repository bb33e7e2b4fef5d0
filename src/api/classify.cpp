// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "api/encode_rows.hpp"
#include "api/passes.hpp"
#include "generate/candidates.hpp"
#include "models/head_choice.hpp"
#include "support/message.hpp"
#include "support/softmax.hpp"
#include "train/task_loss.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kLongestAnswer = 30;  // tokens

void require(const Model::State& model, Task task, const char* call) {
  const Architecture& architecture = model.trunk->architecture;
  check<UnsupportedError>(architecture.task == task, call, ": the model is a ", architecture.name,
                          ": load it with LoadOptions::head");
}

std::vector<LabelScore> labelled(const Trunk& trunk, std::span<float> scores, std::span<const std::string> names) {
  const Problem problem = problem_of(trunk);
  if (problem == Problem::one_of) softmax(scores);
  std::vector<LabelScore> labels;
  for (size_t i = 0; i < scores.size(); ++i)
    labels.push_back({names[i], problem == Problem::any_of ? 1 / (1 + std::exp(-scores[i])) : scores[i]});
  if (problem != Problem::number)
    std::stable_sort(labels.begin(), labels.end(),
                     [](const LabelScore& a, const LabelScore& b) { return a.probability > b.probability; });
  return labels;
}

std::vector<std::vector<LabelScore>> classified(const Model::State& model, std::span<const Encoding> encodings,
                                                const Adapter* adapter) {
  const Trunk& trunk = *model.trunk;
  const std::vector<std::string> names = label_names(trunk.config, trunk.transformer.head().config().outputs);
  std::vector<PassInput> inputs;
  for (const Encoding& encoding : encodings) inputs.push_back({encoding.ids, encoding.type_ids});
  std::vector<std::vector<LabelScore>> results;
  for_each_pass(Call(model, adapter), inputs, [&](NetworkPass& pass, const Tensor& hidden, size_t) {
    const Tensor scores = trunk.transformer.head()(pass.run(), hidden);
    for (int row = 0; row < scores.rows(); ++row) results.push_back(labelled(trunk, scores.row(row), names));
  });
  return results;
}

// What a label says of a token: a name, and whether a new part begins.
struct Tag {
  std::string name;
  bool begins;
};
Tag tag_of(const std::string& label, const std::string& none) {
  if (label == none) return {"", true};
  if (label.starts_with("B-") || label.starts_with("I-")) return {label.substr(2), label[0] == 'B'};
  return {label, false};
}

// A part of the context, in bytes, with the sum of its scores as start and end.
struct TokenSpan {
  size_t begin, end;
  float score;
};

// The best part of a window's context; none where the window has no token of it.
std::optional<TokenSpan> best_span(const Encoding& window, const SpanScores& scores) {
  const float *start = scores.start.data(), *end = scores.end.data();
  const auto is_context = [&](int token) { return window.sequence[size_t(token)] == 1; };
  const int count = int(window.ids.size());
  std::optional<TokenSpan> best;
  for (int from = 0; from < count; ++from)
    for (int to = from; is_context(from) && to < std::min(count, from + kLongestAnswer) && is_context(to); ++to)
      if (const float score = start[from] + end[to]; !best || score > best->score)
        best = {window.offsets[size_t(from)].first, window.offsets[size_t(to)].second, score};
  return best;
}

}  // namespace

std::vector<std::vector<LabelScore>> Model::classify(std::span<const std::string> texts,
                                                     const TaskOptions& options) const {
  require(*state_, Task::classify, "classify");
  const size_t length = text_length(*state_, options.max_length, virtual_tokens(options.adapter));
  std::vector<Encoding> encodings;
  for (const std::string& text : texts) encodings.push_back(encode_text(*state_, text, options.second, length));
  return classified(*state_, encodings, options.adapter);
}

std::vector<std::vector<LabelScore>> Model::classify(const Dataset& data, const TaskOptions& options) const {
  require(*state_, Task::classify, "classify");
  const size_t length = text_length(*state_, options.max_length, virtual_tokens(options.adapter));
  std::vector<Encoding> encodings;
  for (size_t i = 0; i < data.size(); ++i)
    encodings.push_back(encode_text(*state_, data[i].text, data[i].second, length));
  return classified(*state_, encodings, options.adapter);
}

std::vector<LabelScore> Model::classify(std::string_view text, const TaskOptions& options) const {
  const std::string one(text);
  return classify(std::span(&one, 1), options)[0];
}

std::vector<TaggedSpan> Model::tag(std::string_view text, const TaskOptions& options) const {
  require(*state_, Task::tag, "tag");
  const Trunk& trunk = *state_->trunk;
  const std::vector<std::string> names = label_names(trunk.config, trunk.transformer.head().config().outputs);
  const bool has_none = std::find(names.begin(), names.end(), "O") != names.end();
  const size_t length = text_length(*state_, options.max_length, virtual_tokens(options.adapter));
  const Encoding encoding = encode_text(*state_, text, {}, length);
  const PassInput input{encoding.ids, encoding.type_ids};
  std::vector<TaggedSpan> spans;
  std::vector<int> tokens;  // of each span
  for_each_pass(Call(*state_, options.adapter), {&input, 1}, [&](NetworkPass& pass, const Tensor& hidden, size_t) {
    const Tensor scores = trunk.transformer.head()(pass.run(), hidden);
    bool goes_on = false;
    for (int i = 0; i < int(encoding.ids.size()); ++i) {
      if (encoding.special_mask[size_t(i)]) continue;
      const std::span<float> row = scores.row(pass.batch().text_begin(0) + i);
      softmax(row);
      const size_t best = size_t(std::max_element(row.begin(), row.end()) - row.begin());
      const Tag tag = tag_of(names[best], has_none ? "O" : names[0]);
      const auto [begin, end] = encoding.offsets[size_t(i)];
      if (tag.name.empty()) {
        goes_on = false;
        continue;
      }
      if (!goes_on || tag.begins || spans.back().label != tag.name) {
        spans.push_back({.label = tag.name, .text = {}, .begin = begin});
        tokens.push_back(0);
      }
      spans.back().end = end;
      spans.back().probability += row[best];
      ++tokens.back();
      goes_on = true;
    }
  });
  for (size_t i = 0; i < spans.size(); ++i) {
    spans[i].probability /= float(tokens[i]);
    spans[i].text = text.substr(spans[i].begin, spans[i].end - spans[i].begin);
  }
  return spans;
}

Answer Model::answer(std::string_view question, std::string_view context, const TaskOptions& options) const {
  require(*state_, Task::span, "answer");
  const Trunk& trunk = *state_->trunk;
  const std::vector<Encoding> windows = encode_question(
      *state_, question, context, text_length(*state_, options.max_length, virtual_tokens(options.adapter)));
  std::vector<PassInput> inputs;
  for (const Encoding& window : windows) inputs.push_back({window.ids, window.type_ids});
  std::optional<TokenSpan> best;
  float no_answer = std::numeric_limits<float>::infinity();
  for_each_pass(Call(*state_, options.adapter), inputs, [&](NetworkPass& pass, const Tensor& hidden, size_t first) {
    const Tensor scores = trunk.transformer.head()(pass.run(), hidden);
    for (int w = 0; w < pass.batch().sequences(); ++w) {
      const SpanScores of = span_scores(pass.run(), scores, w);
      no_answer = std::min(no_answer, of.start.values()[0] + of.end.values()[0]);
      const std::optional<TokenSpan> found = best_span(windows[first + size_t(w)], of);
      if (found && (!best || found->score > best->score)) best = found;
    }
  });
  Answer answer{.text = {}, .begin = 0, .end = 0, .score = (best ? best->score : 0) - no_answer};
  if (!best || answer.score <= 0) return answer;
  answer.begin = best->begin;
  answer.end = best->end;
  answer.text = context.substr(answer.begin, answer.end - answer.begin);
  return answer;
}

std::vector<std::vector<FilledMask>> Model::fill_mask(std::string_view text, int count) const {
  check(count > 0, "fill_mask: count is ", count, ", expected at least 1");
  const Task task = state_->trunk->architecture.task;
  check<UnsupportedError>(task == Task::masked || task == Task::pretraining, "fill_mask: the model is a ",
                          state_->trunk->architecture.name, ", which does not fill gaps");
  const Tokenizer& tokenizer = state_->tokenizer;
  const std::optional<int32_t> mask = mask_token(tokenizer);
  check<UnsupportedError>(mask.has_value(), "fill_mask: the tokenizer has no mask token, expected [MASK] or <mask>");
  const std::vector<int32_t> ids = tokenizer.encode(text);
  const PassInput input{ids};
  std::vector<std::vector<FilledMask>> filled;
  for_each_pass(Call(*state_, nullptr), {&input, 1}, [&](NetworkPass& pass, const Tensor& hidden, size_t) {
    std::vector<int32_t> rows;
    for (size_t i = 0; i < ids.size(); ++i)
      if (ids[i] == *mask) rows.push_back(int32_t(i));
    check(!rows.empty(), "fill_mask: the text has no ", tokenizer.token(*mask), ", expected at least one");
    const Tensor scores = state_->trunk->transformer.head()(pass.run(), hidden, rows);
    for (int row = 0; row < scores.rows(); ++row) {
      const std::span<float> values = scores.row(row);
      softmax(values);
      // A network may have more rows than the tokenizer has tokens.
      const size_t known = std::min(values.size(), size_t(tokenizer.vocabulary_size()));
      std::vector<FilledMask>& tokens = filled.emplace_back();
      for (const auto& [id, probability] : likeliest(values.first(known), size_t(count)))
        tokens.push_back({tokenizer.token(id), id, probability});
    }
  });
  return filled;
}

float Model::follows(std::string_view first, std::string_view second) const {
  check<UnsupportedError>(state_->trunk->architecture.task == Task::pretraining, "follows: the model is a ",
                          state_->trunk->architecture.name, ", which does not tell whether texts follow each other");
  check(!second.empty(), "follows: the second text is empty");
  const Encoding pair = encode_text(*state_, first, second, text_length(*state_, 0));
  const PassInput input{pair.ids, pair.type_ids};
  float probability = 0;
  for_each_pass(Call(*state_, nullptr), {&input, 1}, [&](NetworkPass& pass, const Tensor& hidden, size_t) {
    const Tensor scores = state_->trunk->transformer.heads().at(1)(pass.run(), hidden);
    softmax(scores.row(0));
    probability = scores.values()[0];
  });
  return probability;
}

}  // namespace graft::inline v0
