// SPDX-License-Identifier: Apache-2.0
#include "api/encode_rows.hpp"

#include <algorithm>

#include "api/next_sentence.hpp"
#include "models/head_choice.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "train/task_loss.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kSharedTokens = 128;  // of two windows that follow each other

class RowMaker {
 public:
  RowMaker(const Model::State& model, size_t length)
      : model_(model), trunk_(*model.trunk), length_(length), task_(trunk_.architecture.task) {
    if (task_ == Task::classify || task_ == Task::tag)
      labels_ = label_names(trunk_.config, trunk_.transformer.head().config().outputs);
  }

  std::vector<TokenRow> make(const Example& example, const std::string& where) const {
    switch (task_) {
      case Task::classify:
        return {classified(example, where)};
      case Task::tag:
        return {tagged(example, where)};
      case Task::span:
        return questioned(example, where);
      case Task::translate:
        return translated(example, where);
      case Task::features:
        return {paired(example, where)};
      case Task::masked:
      case Task::discriminate:
        return windows(example.text, example.second, where);
      default:
        fail<UnsupportedError>("training: the model is a ", trunk_.architecture.name,
                               ", which learns nothing from texts: load it with LoadOptions::head");
    }
  }

 private:
  TokenRow row_of(const Encoding& encoding) const { return {.ids = encoding.ids, .types = encoding.type_ids}; }

  TokenRow plain(const Example& example, const std::string& where) const {
    check(!example.text.empty(), where, ": has no text");
    return row_of(encode_text(model_, example.text, example.second, length_));
  }

  // All of a text, in rows of at most the length; of a pair, its beginning.
  std::vector<TokenRow> windows(const std::string& text, const std::string& second, const std::string& where) const {
    check(!text.empty(), where, ": has no text");
    const Encoding whole = encode_text(model_, text, second, length_);
    std::vector<TokenRow> rows = {row_of(whole)};
    if (second.empty())
      for (const Encoding& window : whole.overflowing) rows.push_back(row_of(window));
    return rows;
  }

  int number_of(const std::string& label, const std::string& where) const {
    const auto found = std::find(labels_.begin(), labels_.end(), label);
    if (found != labels_.end()) return int(found - labels_.begin());
    std::string known;
    for (const std::string& name : labels_) known += (known.empty() ? "" : ", ") + name;
    fail<ArgumentError>(where, ": label ", in_quotes(label), ", expected one of ", known);
  }

  TokenRow classified(const Example& example, const std::string& where) const {
    TokenRow row = plain(example, where);
    if (problem_of(trunk_) == Problem::number) {
      check(example.values.size() == labels_.size(), where, ": ", example.values.size(), " numbers, expected ",
            labels_.size());
      row.values = example.values;
      return row;
    }
    check(problem_of(trunk_) == Problem::any_of || example.labels.size() == 1, where, ": ", example.labels.size(),
          " labels, expected 1");
    row.values.assign(labels_.size(), 0);
    for (const std::string& label : example.labels) row.values[size_t(row.label = number_of(label, where))] = 1;
    return row;
  }

  // The label of a token: that of the span it lies in, begun or gone on with, or that of no span.
  int32_t label_of(const Example& example, std::pair<uint32_t, uint32_t> bytes, const std::string& where) const {
    const auto has = [&](const std::string& label) {
      return std::find(labels_.begin(), labels_.end(), label) != labels_.end();
    };
    for (const LabelledSpan& span : example.spans) {
      if (bytes.first >= span.end || bytes.second <= span.begin) continue;
      const std::string begun = "B-" + span.label;
      if (!has(begun)) return number_of(span.label, where);
      return number_of(bytes.first <= span.begin ? begun : "I-" + span.label, where);
    }
    return has("O") ? number_of("O", where) : 0;
  }

  TokenRow tagged(const Example& example, const std::string& where) const {
    const Encoding encoding = encode_text(model_, example.text, {}, length_);
    TokenRow row = row_of(encoding);
    for (size_t i = 0; i < encoding.ids.size(); ++i)
      row.token_labels.push_back(encoding.special_mask[i] ? -1 : label_of(example, encoding.offsets[i], where));
    return row;
  }

  std::vector<TokenRow> questioned(const Example& example, const std::string& where) const {
    check(!example.text.empty() && !example.second.empty(), where,
          ": expected a question as text and its context as second");
    check(example.spans.size() <= 1, where, ": ", example.spans.size(), " answers, expected at most 1");
    std::vector<TokenRow> rows;
    for (const Encoding& window : encode_question(model_, example.text, example.second, length_)) {
      TokenRow& row = rows.emplace_back(row_of(window));
      row.start = row.end = 0;  // no answer: the first token
      for (int i = 0; i < int(window.ids.size()) && !example.spans.empty(); ++i) {
        const auto [begin, end] = window.offsets[size_t(i)];
        if (window.sequence[size_t(i)] != 1) continue;
        if (begin <= example.spans[0].begin && example.spans[0].begin < end) row.start = i;
        if (row.start > 0 && begin < example.spans[0].end && example.spans[0].end <= end) row.end = i;
      }
      if (row.start == 0 || row.end == 0) row.start = row.end = 0;
    }
    return rows;
  }

  std::vector<TokenRow> translated(const Example& example, const std::string& where) const {
    const std::string& source = example.text.empty() ? example.prompt : example.text;
    check(!source.empty(), where, ": has no prompt, the text that the decoder's is made from");
    if (example.completion.empty()) return windows(source, {}, where);
    TokenRow row = {.ids = model_.tokenizer.encode(source, {.parse_special = false, .truncate = length_})};
    row.target = model_.tokenizer.encode(example.completion, {.parse_special = false, .truncate = length_});
    const auto end = model_.tokenizer.eos();
    if (end && (row.target.empty() || row.target.back() != *end)) row.target.push_back(*end);
    return {row};
  }

  TokenRow paired(const Example& example, const std::string& where) const {
    check(!example.text.empty() && !example.second.empty(), where,
          ": expected two texts, as text and second: the model is a ", trunk_.architecture.name, ", which embeds");
    check(example.values.size() <= 1, where, ": ", example.values.size(), " values, expected at most 1");
    TokenRow row = row_of(encode_text(model_, example.text, {}, length_));
    row.second = encode_text(model_, example.second, {}, length_).ids;
    row.values = example.values;
    return row;
  }

  const Model::State& model_;
  const Trunk& trunk_;
  size_t length_;
  Task task_;
  std::vector<std::string> labels_;
};

}  // namespace

size_t text_length(const Model::State& model, int wanted, int virtual_tokens) {
  check(wanted >= 0, "max_length is ", wanted, ", expected at least 0");
  const int context = model.trunk->transformer.config().context - virtual_tokens;
  check(context > 1, "the adapter has ", virtual_tokens, " virtual tokens, expected fewer than the model's context, ",
        context + virtual_tokens);
  return size_t(wanted > 0 ? std::min(wanted, context) : context);
}

Encoding encode_text(const Model::State& model, std::string_view text, std::string_view second, size_t length) {
  const EncodeOptions options{.parse_special = false, .truncate = length};
  return second.empty() ? model.tokenizer.encode_with_offsets(text, options)
                        : model.tokenizer.encode_pair(text, second, options);
}

std::vector<Encoding> encode_question(const Model::State& model, std::string_view question, std::string_view context,
                                      size_t length) {
  const size_t shared = std::min(kSharedTokens, length / 4);
  Encoding first = model.tokenizer.encode_pair(
      question, context,
      {.parse_special = false, .truncate = length, .strategy = TruncationStrategy::only_second, .stride = shared});
  std::vector<Encoding> windows = std::move(first.overflowing);
  windows.insert(windows.begin(), std::move(first));
  return windows;
}

std::vector<TokenRow> make_task_rows(const Model::State& model, const Dataset& data, size_t length,
                                     const std::function<void(const std::string&)>& notice) {
  check(!data.empty(), "training: the data set has no examples");
  if (model.trunk->architecture.task == Task::pretraining) return next_sentence_rows(model, data, length);
  const RowMaker maker(model, length);
  std::vector<TokenRow> rows;
  size_t at_limit = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    std::vector<TokenRow> made = maker.make(data[i], data.where(i));
    at_limit += made.size() == 1 && made[0].ids.size() >= length;
    for (TokenRow& row : made) {
      check(!row.ids.empty(), data.where(i), ": the text has no tokens");
      check(rows.empty() || row.target.empty() == rows[0].target.empty(), data.where(i), ": has ",
            row.target.empty() ? "no" : "a", " completion, expected all examples to have one, or none");
      check(rows.empty() || row.values.empty() == rows[0].values.empty(), data.where(i), ": has ",
            row.values.empty() ? "no" : "a", " value, expected all examples to have one, or none");
      rows.push_back(std::move(row));
    }
  }
  if (at_limit) notice(message(at_limit, " texts reach ", length, " tokens and may have been cut"));
  return rows;
}

}  // namespace graft::inline v0
