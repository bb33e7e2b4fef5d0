// SPDX-License-Identifier: Apache-2.0
#include "graft/dataset.hpp"

#include <algorithm>
#include <numeric>

#include "data/dataset_state.hpp"
#include "support/message.hpp"
#include "support/random.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

bool has_sound_text(const Example& example) {
  return is_valid_utf8(example.prompt) && is_valid_utf8(example.completion) && is_valid_utf8(example.text) &&
         is_valid_utf8(example.second) && is_valid_utf8(example.chosen) && is_valid_utf8(example.rejected) &&
         std::all_of(example.messages.begin(), example.messages.end(),
                     [](const Message& m) { return is_valid_utf8(m.role) && is_valid_utf8(m.content); });
}

void check_example(const Example& example, size_t number) {
  if (example.form() == ExampleForm::preference) {
    check(!example.chosen.empty() && !example.rejected.empty(), "example ", number,
          " has only one answer, expected chosen and rejected");
    check(example.completion.empty() && (example.messages.empty() || example.prompt.empty()), "example ", number,
          " has more than one form, expected a prompt or messages, chosen and rejected");
    check(!example.messages.empty() || !example.prompt.empty(), "example ", number,
          " has answers without a prompt or messages");
  }
  const int forms =
      !example.messages.empty() + (!example.prompt.empty() || !example.completion.empty()) + !example.text.empty();
  check(forms == 1, "example ", number, " has ", forms == 0 ? "no" : "more than one",
        " form, expected messages, or prompt and completion, or text");
  for (size_t i = 0; i < example.messages.size(); ++i)
    check(!example.messages[i].role.empty(), "example ", number, ": message ", i + 1, " has no role");
  check(has_sound_text(example), "example ", number, " has text that is not UTF-8");
}

}  // namespace

Dataset Dataset::from(const std::function<std::optional<Example>()>& next) {
  DatasetRows source;
  while (std::optional<Example> example = next()) {
    const size_t number = source.rows.size() + 1;
    check_example(*example, number);
    source.rows.push_back({std::move(*example), number});
  }
  std::vector<size_t> order(source.rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return Dataset(std::make_shared<const State>(
      State{std::make_shared<const DatasetRows>(std::move(source)), std::move(order), 0}));
}

Dataset Dataset::from(std::span<const Example> examples) {
  size_t at = 0;
  return from([&] { return at < examples.size() ? std::optional(examples[at++]) : std::nullopt; });
}

Dataset Dataset::from(std::vector<Example> examples) {
  size_t at = 0;
  return from([&] { return at < examples.size() ? std::optional(std::move(examples[at++])) : std::nullopt; });
}

Dataset Dataset::with_order(std::vector<size_t> order, size_t duplicates_removed) const {
  return Dataset(std::make_shared<const State>(State{state_->source, std::move(order), duplicates_removed}));
}

std::string Example::all_text() const {
  std::string all = text + prompt + completion + chosen + rejected;
  for (const Message& message : messages) all += (all.empty() ? "" : "\n") + message.content;
  return all;
}

size_t Dataset::size() const { return state_->order.size(); }

size_t Dataset::duplicates_removed() const { return state_->duplicates_removed; }

const Example& Dataset::operator[](size_t index) const {
  check(index < size(), "dataset: example ", index, " of ", size());
  return state_->source->rows[state_->order[index]].example;
}

std::string Dataset::where(size_t index) const {
  check(index < size(), "dataset: example ", index, " of ", size());
  const size_t number = state_->source->rows[state_->order[index]].number;
  return state_->source->file.empty() ? message("example ", number) : message(state_->source->file, ":", number);
}

Dataset Dataset::shuffled(uint64_t seed) const {
  std::vector<size_t> order = permutation(size(), seed);
  for (size_t& position : order) position = state_->order[position];
  return with_order(std::move(order), duplicates_removed());
}

Dataset Dataset::take(size_t count) const {
  const auto first = state_->order.begin();
  return with_order({first, first + static_cast<ptrdiff_t>(std::min(count, size()))}, duplicates_removed());
}

}  // namespace graft::inline v0
