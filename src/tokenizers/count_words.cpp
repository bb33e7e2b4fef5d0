// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/count_words.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "support/for_each_task.hpp"
#include "support/threads.hpp"
#include "support/utf8.hpp"
#include "tokenizers/pass.hpp"

namespace graft::inline v0 {
namespace {

constexpr char32_t kNoCharacter = 0xFFFD;        // also read for bytes that are no UTF-8
constexpr size_t kBatchBytes = size_t{8} << 20;  // of texts that are counted at once
constexpr size_t kBatchTexts = 4096;
constexpr size_t kTaskTexts = 16;

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Counts = std::unordered_map<std::string, uint64_t, TextHash, std::equal_to<>>;

void count_one(std::string_view word, Counts& counts) {
  if (const auto known = counts.find(word); known != counts.end()) {
    ++known->second;
  } else {
    counts.emplace(word, 1);
  }
}

// Stands where a model makes tokens, and counts what it is given.
class WordCounter final : public TokenModel {
 public:
  void encode(std::string_view piece, TokenRun&) const override {
    while (piece.size() > kLongestWord) {
      const size_t end = character_before(piece, kLongestWord + 1);
      count_one(piece.substr(0, end), counts_);
      piece.remove_prefix(end);
    }
    if (!piece.empty()) count_one(piece, counts_);
  }
  Json describe(const Vocabulary&) const override { return nullptr; }
  Counts& counts() { return counts_; }

 private:
  mutable Counts counts_;  // each worker has a counter of its own
};

// Counts the texts of a batch on all threads.
class BatchCounter {
 public:
  BatchCounter(const PipelineParts& parts, int threads)
      : parts_(parts), pool_(threads), counters_(static_cast<size_t>(threads)), added_(parts.added) {}

  void count(const std::vector<std::string>& texts) {
    const auto tasks = static_cast<int>((texts.size() + kTaskTexts - 1) / kTaskTexts);
    for_each_task(pool_, tasks, [&](size_t task, size_t worker) {
      const size_t end = std::min(texts.size(), (task + 1) * kTaskTexts);
      for (size_t i = task * kTaskTexts; i < end; ++i)
        Pass({parts_, counters_[worker], added_, AddedTokenFinder()}, texts[i], PipelineOptions(), false);
    });
  }

  Counts total() {
    Counts all = std::move(counters_[0].counts());
    for (size_t i = 1; i < counters_.size(); ++i)
      for (const auto& [word, count] : counters_[i].counts()) all[word] += count;
    return all;
  }

 private:
  const PipelineParts& parts_;
  Threads pool_;
  std::vector<WordCounter> counters_;
  AddedTokenFinder added_;
};

bool by_text(const CountedWord& a, const CountedWord& b) {
  return std::pair<std::string_view, bool>(a.text, a.continues) <
         std::pair<std::string_view, bool>(b.text, b.continues);
}

}  // namespace

std::vector<CountedWord> count_words(const PipelineParts& parts,
                                     const std::function<std::optional<std::string>()>& next,
                                     const TokenizerTrainOptions& options) {
  BatchCounter counter(parts, options.threads);
  std::vector<std::string> batch;
  size_t bytes = 0;
  int64_t texts = 0;
  const auto count_batch = [&] {
    counter.count(batch);
    texts += static_cast<int64_t>(batch.size());
    batch.clear();
    bytes = 0;
    if (options.on_step) options.on_step({TokenizerTrainStep::Stage::counting, texts, 0});
  };
  while (!options.cancel.stop_requested()) {
    std::optional<std::string> text = next();
    if (!text) break;
    bytes += text->size();
    batch.push_back(std::move(*text));
    if (bytes >= kBatchBytes || batch.size() >= kBatchTexts) count_batch();
  }
  count_batch();
  Counts counts = counter.total();
  std::vector<CountedWord> words;
  words.reserve(counts.size());
  while (!counts.empty()) {
    auto word = counts.extract(counts.begin());
    words.push_back({std::move(word.key()), word.mapped()});
  }
  std::sort(words.begin(), words.end(), by_text);
  return words;
}

std::vector<CountedCharacter> covering_characters(const std::vector<CountedWord>& words, double coverage) {
  std::unordered_map<char32_t, uint64_t> counts;
  uint64_t total = 0;
  for (const CountedWord& word : words)
    for (size_t at = 0; at < word.text.size(); total += word.count)
      counts[next_code_point(word.text, at)] += word.count;
  total -= counts[kNoCharacter];
  counts.erase(kNoCharacter);
  std::vector<CountedCharacter> characters;
  for (const auto& [point, count] : counts) characters.push_back({point, count});
  std::sort(characters.begin(), characters.end(), [](const CountedCharacter& a, const CountedCharacter& b) {
    return a.count != b.count ? a.count > b.count : a.point < b.point;
  });
  uint64_t covered = 0;
  size_t kept = 0;
  for (; kept < characters.size() && static_cast<double>(covered) < coverage * static_cast<double>(total); ++kept)
    covered += characters[kept].count;
  characters.resize(kept);
  std::sort(characters.begin(), characters.end(),
            [](const CountedCharacter& a, const CountedCharacter& b) { return a.point < b.point; });
  return characters;
}

std::vector<CountedWord> covered_words(std::vector<CountedWord> words, const std::vector<CountedCharacter>& alphabet) {
  std::unordered_set<char32_t> known;
  for (const CountedCharacter& character : alphabet) known.insert(character.point);
  std::vector<CountedWord> stretches;
  stretches.reserve(words.size());
  for (CountedWord& word : words) {
    size_t begin = 0;
    for (size_t at = 0; at < word.text.size();) {
      const size_t here = at;
      if (known.count(next_code_point(word.text, at))) continue;
      if (here > begin) stretches.push_back({word.text.substr(begin, here - begin), word.count, begin > 0});
      begin = at;
    }
    if (begin == 0) {
      stretches.push_back(std::move(word));
    } else if (begin < word.text.size()) {
      stretches.push_back({word.text.substr(begin), word.count, true});
    }
  }
  std::sort(stretches.begin(), stretches.end(), by_text);
  size_t kept = 0;
  for (size_t i = 0; i < stretches.size(); ++i) {
    const bool is_new = i == 0 || by_text(stretches[kept - 1], stretches[i]);
    if (!is_new) stretches[kept - 1].count += stretches[i].count;
    if (is_new && kept++ != i) stretches[kept - 1] = std::move(stretches[i]);
  }
  stretches.resize(kept);
  return stretches;
}

}  // namespace graft::inline v0
