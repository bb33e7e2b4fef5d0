// SPDX-License-Identifier: Apache-2.0
#include "graft/augment.hpp"

#include <algorithm>

#include "data/words.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

enum : uint64_t { kCopies, kChoice, kSynonym };  // streams of random numbers

std::string lower_case(std::string_view word) {
  std::string lower(word);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return lower;
}

// As the word that it replaces begins.
std::string with_case_of(std::string_view word, std::string replacement) {
  const bool is_capital = word[0] >= 'A' && word[0] <= 'Z';
  if (is_capital && !replacement.empty() && replacement[0] >= 'a' && replacement[0] <= 'z')
    replacement[0] = char(replacement[0] - 'a' + 'A');
  return replacement;
}

Example changed(Example example, const TextChange& change, uint64_t number) {
  for (Message& message : example.messages)
    if (message.role == "user") message.content = change(message.content, number);
  for (std::string* text : {&example.prompt, &example.text, &example.second})
    if (!text->empty()) *text = change(*text, number);
  return example;
}

}  // namespace

TextChange replace_synonyms(std::map<std::string, std::vector<std::string>> synonyms, float share) {
  check(share > 0 && share <= 1, "replace_synonyms: share is ", share, ", expected above 0, at most 1");
  for (const auto& [word, others] : synonyms)
    check(!word.empty() && !others.empty(), "replace_synonyms: \"", word, "\" has ", others.size(),
          " synonyms, expected a word with at least one");
  return [synonyms = std::move(synonyms), share](std::string_view text, uint64_t number) {
    std::vector<std::string_view> words;
    std::vector<std::string> others;
    uint64_t count = 0;
    for (const std::string_view word : words_of(text)) {
      const auto found = synonyms.find(lower_case(word));
      const uint64_t place = count++;
      if (found == synonyms.end() || random_uniform(number, kChoice, place) >= double(share)) continue;
      const size_t chosen = size_t(random_number(number, kSynonym, place) % found->second.size());
      words.push_back(word);
      others.push_back(with_case_of(word, found->second[chosen]));
    }
    return with_words(text, words, others);
  };
}

Dataset augment(const Dataset& data, const TextChange& change, int copies, uint64_t seed) {
  check(copies >= 1, "augment: copies is ", copies, ", expected at least 1");
  std::vector<Example> examples;
  for (size_t i = 0; i < data.size(); ++i) {
    const Example& example = data[i];
    check(example.spans.empty(), data.where(i), ": has labelled parts, which would move when its text is changed");
    examples.push_back(example);
    for (int copy = 0; copy < copies; ++copy) {
      const uint64_t number = random_number(seed, kCopies, uint64_t(i) * uint64_t(copies) + uint64_t(copy));
      if (Example other = changed(example, change, number); other != example) examples.push_back(std::move(other));
    }
  }
  return Dataset::from(std::move(examples));
}

Dataset balance_labels(const Dataset& data, uint64_t seed) {
  std::map<std::string, std::vector<size_t>> by_label;
  std::vector<Example> examples;
  for (size_t i = 0; i < data.size(); ++i) {
    check(data[i].labels.size() == 1, data.where(i), ": ", data[i].labels.size(), " labels, expected 1");
    by_label[data[i].labels[0]].push_back(i);
    examples.push_back(data[i]);
  }
  size_t most = 0;
  for (const auto& [label, rows] : by_label) most = std::max(most, rows.size());
  uint64_t stream = 0;
  for (const auto& [label, rows] : by_label) {
    std::vector<size_t> order;  // anew each time all have been taken
    for (size_t count = rows.size(); count < most; ++count) {
      if (order.empty()) order = permutation(rows.size(), seed, stream++);
      examples.push_back(data[rows[order.back()]]);
      order.pop_back();
    }
  }
  return Dataset::from(std::move(examples));
}

}  // namespace graft::inline v0
