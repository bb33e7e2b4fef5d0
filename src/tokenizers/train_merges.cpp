// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/train_merges.hpp"

#include <algorithm>
#include <optional>
#include <queue>
#include <unordered_map>

#include "support/utf8.hpp"
#include "tokenizers/pair_counts.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kMergesAStep = 256;  // between two reports

class Trainer {
 public:
  Trainer(const MergeTraining& training, const TokenizerTrainOptions& options)
      : training_(training), options_(options) {
    for (const std::string& token : training.first_tokens) add_token(token, 0);
    for (const std::string& character : training.alphabet) add_token(character, 1);
  }

  TrainedMerges train(const std::vector<CountedWord>& words) {
    add_words(words);
    count_pairs();
    const auto wanted = static_cast<size_t>(options_.vocabulary);
    while (result_.tokens.size() < wanted && !options_.cancel.stop_requested()) {
      const std::optional<PairCounts::Pair> best = most_frequent();
      if (!best) break;
      join(*best);
      if (result_.merges.size() % kMergesAStep == 0) report();
    }
    report();
    return std::move(result_);
  }

 private:
  struct Word {
    size_t begin;
    uint32_t length;
    uint64_t count;
  };
  struct Candidate {
    uint64_t count;
    PairCounts::Pair pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  int32_t add_token(std::string text, uint32_t characters) {
    const auto [known, is_new] = ids_.emplace(text, static_cast<int32_t>(result_.tokens.size()));
    if (!is_new) return known->second;
    result_.tokens.push_back(std::move(text));
    lengths_.push_back(characters);
    return known->second;
  }

  void add_words(const std::vector<CountedWord>& words) {
    if (!training_.prefix.empty())
      for (const std::string& character : inner_characters(words)) add_token(training_.prefix + character, 1);
    words_.reserve(words.size());
    std::string token;
    for (const CountedWord& word : words) {
      const size_t begin = symbols_.size();
      for (size_t at = 0; at < word.text.size();) {
        const size_t here = at;
        next_code_point(word.text, at);
        token = here > 0 || word.continues ? training_.prefix : "";
        token.append(word.text, here, at - here);
        symbols_.push_back(ids_.at(token));
      }
      words_.push_back({begin, static_cast<uint32_t>(symbols_.size() - begin), word.count});
    }
  }

  // Those that stand inside words, in the order of the alphabet.
  std::vector<std::string> inner_characters(const std::vector<CountedWord>& words) const {
    std::unordered_map<std::string, bool> inside;
    for (const CountedWord& word : words)
      for (size_t at = 0; at < word.text.size();) {
        const size_t here = at;
        next_code_point(word.text, at);
        if (here > 0 || word.continues) inside[word.text.substr(here, at - here)] = true;
      }
    std::vector<std::string> characters;
    for (const std::string& character : training_.alphabet)
      if (inside.count(character)) characters.push_back(character);
    return characters;
  }

  void count_pairs() {
    for (uint32_t w = 0; w < words_.size(); ++w) {
      const int32_t* symbols = &symbols_[words_[w].begin];
      for (uint32_t i = 0; i + 1 < words_[w].length; ++i) pairs_.add(symbols[i], symbols[i + 1], words_[w].count, w);
    }
    offer_new_pairs();
  }

  void offer_new_pairs() {
    for (const auto& [pair, count] : pairs_.take_new())
      if (count >= static_cast<uint64_t>(options_.min_count)) queue_.push({count, pair});
  }

  // Counts only fall once a pair is offered, so that a candidate may promise too much, but never too little.
  std::optional<PairCounts::Pair> most_frequent() {
    while (!queue_.empty()) {
      Candidate best = queue_.top();
      queue_.pop();
      const uint64_t count = pairs_.count(best.pair);
      if (count < static_cast<uint64_t>(options_.min_count) || is_barred(best.pair)) continue;
      if (count == best.count) return best.pair;
      best.count = count;
      queue_.push(best);
    }
    return std::nullopt;
  }

  // The first tokens stand for no text.
  bool is_barred(PairCounts::Pair pair) const {
    if (training_.longest_token > 0 && joined_length(pair) > training_.longest_token) return true;
    const auto known = ids_.find(joined_text(pair));
    return known != ids_.end() && static_cast<size_t>(known->second) < training_.first_tokens.size();
  }
  std::string joined_text(PairCounts::Pair pair) const {
    const std::string& right = result_.tokens[static_cast<size_t>(pair.right)];
    const size_t skipped = right.starts_with(training_.prefix) ? training_.prefix.size() : 0;
    return result_.tokens[static_cast<size_t>(pair.left)] + right.substr(skipped);
  }
  uint32_t joined_length(PairCounts::Pair pair) const {
    return lengths_[static_cast<size_t>(pair.left)] + lengths_[static_cast<size_t>(pair.right)];
  }

  void join(PairCounts::Pair pair) {
    const int32_t joined = add_token(joined_text(pair), joined_length(pair));
    result_.merges.emplace_back(pair.left, pair.right);
    for (const uint32_t w : pairs_.take_words(pair)) join_in_word(w, pair, joined);
    offer_new_pairs();
  }

  void join_in_word(uint32_t w, PairCounts::Pair pair, int32_t joined) {
    Word& word = words_[w];
    int32_t* symbols = &symbols_[word.begin];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < word.length; ++kept) {
      if (i + 1 == word.length || symbols[i] != pair.left || symbols[i + 1] != pair.right) {
        symbols[kept] = symbols[i++];
        continue;
      }
      if (kept > 0) {
        pairs_.remove(symbols[kept - 1], pair.left, word.count);
        pairs_.add(symbols[kept - 1], joined, word.count, w);
      }
      if (i + 2 < word.length) {
        pairs_.remove(pair.right, symbols[i + 2], word.count);
        pairs_.add(joined, symbols[i + 2], word.count, w);
      }
      symbols[kept] = joined;
      i += 2;
    }
    word.length = kept;
  }

  void report() const {
    if (options_.on_step)
      options_.on_step(
          {TokenizerTrainStep::Stage::joining, static_cast<int64_t>(result_.tokens.size()), options_.vocabulary});
  }

  const MergeTraining& training_;
  const TokenizerTrainOptions& options_;
  TrainedMerges result_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<uint32_t> lengths_;  // of tokens, in characters
  std::vector<int32_t> symbols_;   // of all words; a word's become fewer and stay at its beginning
  std::vector<Word> words_;
  PairCounts pairs_;
  std::priority_queue<Candidate> queue_;
};

}  // namespace

TrainedMerges train_merges(const std::vector<CountedWord>& words, const MergeTraining& training,
                           const TokenizerTrainOptions& options) {
  return Trainer(training, options).train(words);
}

}  // namespace graft::inline v0
