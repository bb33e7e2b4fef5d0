// SPDX-License-Identifier: Apache-2.0
#include "api/rows.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

void append(TokenRow& row, std::span<const int32_t> ids, bool trained) {
  row.ids.insert(row.ids.end(), ids.begin(), ids.end());
  row.trained.insert(row.trained.end(), ids.size(), trained);
}

void append_end(TokenRow& row, const Tokenizer& tokenizer) {
  if (const auto end = tokenizer.eos(); end && (row.ids.empty() || row.ids.back() != *end))
    append(row, {&*end, 1}, true);
}

bool begins_with(std::span<const int32_t> whole, std::span<const int32_t> beginning) {
  return beginning.size() <= whole.size() && std::equal(beginning.begin(), beginning.end(), whole.begin());
}

// What the template makes of an assistant's message, up to the special token that ends it.
void mark_answer(const Tokenizer& tokenizer, TokenRow& row, size_t begin, size_t end) {
  size_t last = end;
  while (last > begin && !tokenizer.is_special(row.ids[last - 1])) --last;
  std::fill(row.trained.begin() + std::ptrdiff_t(begin),
            row.trained.begin() + std::ptrdiff_t(last > begin ? last : end), true);
}

TokenRow chat_row(const Tokenizer& tokenizer, std::span<const Message> messages, const std::string& where) {
  TokenRow row;
  append(row, tokenizer.apply_chat_template(messages, {.add_generation_prompt = false}), false);
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role != "assistant") continue;
    const std::vector<int32_t> before =
        tokenizer.apply_chat_template(messages.first(i), {.add_generation_prompt = true});
    const std::vector<int32_t> with =
        tokenizer.apply_chat_template(messages.first(i + 1), {.add_generation_prompt = false});
    check<UnsupportedError>(begins_with(with, before) && begins_with(row.ids, with), where, ": message ", i + 1,
                            ": the chat template renders it in another way when more follows, so its tokens cannot be "
                            "told apart");
    mark_answer(tokenizer, row, before.size(), with.size());
  }
  if (!row.ids.empty() && row.trained.back() && !tokenizer.is_special(row.ids.back())) append_end(row, tokenizer);
  return row;
}

TokenRow completion_row(const Tokenizer& tokenizer, const Example& example) {
  TokenRow row;
  append(row, tokenizer.encode(example.prompt), false);
  append(row, tokenizer.encode(example.completion, {.special_tokens = false}), true);
  append_end(row, tokenizer);
  return row;
}

TokenRow text_row(const Tokenizer& tokenizer, const Example& example) {
  TokenRow row;
  append(row, tokenizer.encode(example.text), true);
  append_end(row, tokenizer);
  return row;
}

TokenRow make_row(const Tokenizer& tokenizer, const Example& example, const std::string& where) {
  switch (example.form()) {
    case ExampleForm::chat:
      return chat_row(tokenizer, example.messages, where);
    case ExampleForm::completion:
      return completion_row(tokenizer, example);
    case ExampleForm::preference:
      fail<ArgumentError>(where, ": has two answers, which need TrainOptions::preference");
    case ExampleForm::text:
      break;
  }
  return text_row(tokenizer, example);
}

// Only the answer is learned.
TokenRow answer_row(const Tokenizer& tokenizer, const Example& example, const std::string& answer,
                    const std::string& where) {
  if (example.messages.empty()) return completion_row(tokenizer, {.prompt = example.prompt, .completion = answer});
  std::vector<Message> messages = example.messages;
  messages.push_back({"assistant", answer});
  TokenRow row = chat_row(tokenizer, messages, where);
  const size_t before = tokenizer.apply_chat_template(example.messages, {.add_generation_prompt = true}).size();
  std::fill_n(row.trained.begin(), before, false);
  return row;
}

// Whether the last token that is learned is one that ends a text, or a message.
bool teaches_end(const Tokenizer& tokenizer, const TokenRow& row) {
  const auto last = std::find(row.trained.rbegin(), row.trained.rend(), true);
  return last != row.trained.rend() && tokenizer.is_special(row.ids[size_t(row.trained.rend() - last) - 1]);
}

// Tells of rows that teach what hardly anybody wants.
void check_ends(const Tokenizer& tokenizer, std::span<const TokenRow> rows, const RowOptions& options) {
  const auto begins_twice = [&](const TokenRow& row) {
    return tokenizer.bos() && row.ids.size() > 1 && row.ids[0] == *tokenizer.bos() && row.ids[1] == *tokenizer.bos();
  };
  if (const auto count = std::ranges::count_if(rows, begins_twice))
    options.notice(message(count,
                           " examples begin with two begin-of-text tokens: one stands in the text, and one is "
                           "added"));
  if (std::ranges::none_of(rows, [&](const TokenRow& row) { return teaches_end(tokenizer, row); }))
    options.notice(
        "no example ends with a learned end-of-text token, so the model does not learn to stop: the tokenizer has "
        "none, "
        "or max_length cuts it off");
}

}  // namespace

std::vector<TokenRow> make_preference_rows(const Tokenizer& tokenizer, const Dataset& data, const RowOptions& options) {
  std::vector<TokenRow> rows;
  size_t cut_pairs = 0, unlearned = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    const Example& example = data[i];
    const std::string where = data.where(i);
    check(example.form() == ExampleForm::preference, where, ": has no chosen and rejected answer");
    std::vector<TokenRow> pair;
    bool is_cut = false;
    for (const std::string* answer : {&example.chosen, &example.rejected}) {
      TokenRow row = answer_row(tokenizer, example, *answer, where);
      if (!row.trained.empty()) row.trained[0] = false;
      is_cut |= row.ids.size() > options.max_length;
      pair.push_back(std::move(cut(std::move(row), options.max_length, TooLong::truncate, where)[0]));
    }
    cut_pairs += is_cut;
    if (pair[0].trained_tokens() == 0 || pair[1].trained_tokens() == 0)
      ++unlearned;
    else
      std::ranges::move(pair, std::back_inserter(rows));
  }
  if (cut_pairs)
    options.notice(
        message(cut_pairs, " pairs of answers are longer than ", options.max_length, " tokens and were cut"));
  if (unlearned) options.notice(message(unlearned, " pairs of answers have no token to learn and were left out"));
  check(!rows.empty(), "training: no pair of answers has tokens to learn, or max_length (", options.max_length,
        ") cuts them off");
  return rows;
}

std::vector<TokenRow> make_rows(const Tokenizer& tokenizer, const Dataset& data, const RowOptions& options) {
  check(!data.empty(), "training: the data set has no examples");
  std::vector<TokenRow> rows;
  size_t cut_rows = 0, unlearned = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    const Example& example = data[i];
    TokenRow row = make_row(tokenizer, example, data.where(i));
    if (options.train_on_prompt) std::fill(row.trained.begin(), row.trained.end(), true);
    if (!row.trained.empty() && !options.has_prompt) row.trained[0] = false;
    const bool is_text = example.form() == ExampleForm::text;
    cut_rows += !is_text && row.ids.size() > options.max_length;
    for (TokenRow& part :
         cut(std::move(row), options.max_length, is_text ? TooLong::split : TooLong::truncate, data.where(i))) {
      if (part.trained_tokens() == 0)
        ++unlearned;
      else
        rows.push_back(std::move(part));
    }
  }
  if (cut_rows)
    options.notice(message(cut_rows, " examples are longer than ", options.max_length, " tokens and were cut"));
  if (unlearned) options.notice(message(unlearned, " examples have no token to learn and were left out"));
  check(!rows.empty(),
        "training: no example has a token to learn: there is no assistant's message, completion or text, "
        "or max_length (",
        options.max_length, ") cuts it off");
  check_ends(tokenizer, rows, options);
  return rows;
}

}  // namespace graft::inline v0
