// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/train_unigram.hpp"

#include <algorithm>
#include <cmath>

#include "support/for_each_task.hpp"
#include "support/threads.hpp"
#include "support/utf8.hpp"
#include "tokenizers/unigram_lattice.hpp"
#include "tokenizers/unigram_seeds.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kSeeds = 1'000'000;
constexpr size_t kAnyLength = 64;   // of candidates, where options set no bound
constexpr size_t kParts = 8;        // of the words, summed up apart whatever the number of threads
constexpr int kRoundsAPruning = 2;  // of expectation and maximisation
constexpr double kKept = 0.75;      // of the candidates, by a pruning
constexpr double kSpare = 1.1;      // times the tokens wanted are left for the last choice
constexpr double kRarest = 0.5;     // expected occurrences of a candidate that stays

// The derivative of log Γ: by its recurrence to where the asymptotic series holds.
double digamma(double x) {
  double result = 0;
  for (; x < 7; ++x) result -= 1 / x;
  const double square = 1 / (x * x);
  return result + std::log(x) - 0.5 / x - square * (1.0 / 12 - square * (1.0 / 120 - square / 252));
}

class Trainer {
 public:
  Trainer(const std::vector<CountedWord>& words, const std::vector<CountedCharacter>& alphabet,
          const TokenizerTrainOptions& options)
      : words_(words), characters_(alphabet.size()), options_(options), pool_(options.threads), lattices_(kParts) {
    std::vector<double> weights;
    for (const CountedCharacter& character : alphabet) {
      texts_.emplace_back();
      append_utf8(texts_.back(), character.point);
      weights.push_back(static_cast<double>(character.count));
    }
    const auto longest = static_cast<size_t>(options.max_token_length);
    for (Seed& seed : unigram_seeds(words, longest > 0 ? longest : kAnyLength, kSeeds)) {
      texts_.push_back(std::move(seed.text));
      weights.push_back(static_cast<double>(seed.count));
    }
    double sum = 0;
    for (const double weight : weights) sum += weight;
    for (const double weight : weights) logarithms_.push_back(std::log(weight / sum));
    update();
  }

  std::vector<std::pair<std::string, double>> train(size_t wanted) {
    const auto enough = std::max(static_cast<size_t>(static_cast<double>(wanted) * kSpare), characters_);
    while (!options_.cancel.stop_requested()) {
      for (int round = 0; round < kRoundsAPruning; ++round) maximise(expected());
      report(wanted);
      if (texts_.size() <= enough) break;
      prune(enough);
    }
    return chosen(wanted);
  }

 private:
  // Calls body(part, first word, end) for each part of the words, on all threads.
  template <class Body>
  void for_each_part(const Body& body) {
    for_each_task(pool_, kParts, [&](size_t part, size_t) {
      body(part, words_.size() * part / kParts, words_.size() * (part + 1) / kParts);
    });
  }

  // How often each candidate stands in the words.
  std::vector<double> expected() {
    std::vector<std::vector<double>> sums(kParts, std::vector<double>(texts_.size()));
    for_each_part([&](size_t part, size_t first, size_t end) {
      for (size_t w = first; w < end; ++w) {
        lattices_[part].fill(words_[w].text, trie_, probabilities_);
        lattices_[part].add_expected(static_cast<double>(words_[w].count), sums[part]);
      }
    });
    for (size_t part = 1; part < kParts; ++part)
      for (size_t id = 0; id < texts_.size(); ++id) sums[0][id] += sums[part][id];
    return std::move(sums[0]);
  }

  // A variational estimate (Johnson 2007): rare candidates lose more than others. Characters always stay.
  void maximise(std::vector<double> weights) {
    for (size_t id = 0; id < characters_; ++id) weights[id] = std::max(weights[id], kRarest);
    keep([&](size_t id) { return weights[id] >= kRarest; }, weights);
    double sum = 0;
    for (const double weight : weights) sum += weight;
    logarithms_.clear();
    for (const double weight : weights) logarithms_.push_back(digamma(weight) - digamma(sum));
    update();
  }

  // How often each candidate stands in the most probable ways.
  std::vector<double> occurrences() {
    std::vector<std::vector<double>> sums(kParts, std::vector<double>(texts_.size()));
    for_each_part([&](size_t part, size_t first, size_t end) {
      for (size_t w = first; w < end; ++w) {
        lattices_[part].fill(words_[w].text, trie_, probabilities_);
        for (const int32_t id : lattices_[part].best(logarithms_))
          sums[part][static_cast<size_t>(id)] += static_cast<double>(words_[w].count);
      }
    });
    for (size_t part = 1; part < kParts; ++part)
      for (size_t id = 0; id < texts_.size(); ++id) sums[0][id] += sums[part][id];
    return std::move(sums[0]);
  }

  // What the texts' likelihood loses without a candidate, whose occurrences would be those of the next best way to
  // spell it. Negative: it is of no use.
  double loss(size_t id, const std::vector<double>& counts, double total) {
    if (counts[id] == 0) return -1;
    lattices_[0].fill(texts_[id], trie_, probabilities_);
    const std::vector<int32_t>& others = lattices_[0].best(logarithms_, static_cast<int32_t>(id));
    if (lattices_[0].best_score() > logarithms_[id]) return -1;
    const double log_total = std::log(total + counts[id] * static_cast<double>(others.size() - 1));
    double others_score = 0;
    for (const int32_t other : others)
      others_score += std::log(counts[static_cast<size_t>(other)] + counts[id]) - log_total;
    return counts[id] / total * (std::log(counts[id]) - std::log(total) - others_score);
  }

  void prune(size_t enough) {
    const std::vector<double> counts = occurrences();
    double total = 0;
    for (const double count : counts) total += count;
    std::vector<std::pair<double, size_t>> losses;
    for (size_t id = characters_; id < texts_.size(); ++id)
      if (const double lost = loss(id, counts, total); lost >= 0) losses.emplace_back(-lost, id);
    std::sort(losses.begin(), losses.end());
    const auto left = std::max(enough, static_cast<size_t>(kKept * static_cast<double>(texts_.size())));
    std::vector<bool> stays(texts_.size());
    for (size_t i = 0; i < losses.size() && i + characters_ < left; ++i) stays[losses[i].second] = true;
    keep([&](size_t id) { return id < characters_ || stays[id]; }, logarithms_);
    update();
  }

  // Drops the candidates that do not stay, from `values` too.
  template <class Stays>
  void keep(const Stays& stays, std::vector<double>& values) {
    size_t kept = 0;
    for (size_t id = 0; id < texts_.size(); ++id) {
      if (!stays(id)) continue;
      if (kept != id) texts_[kept] = std::move(texts_[id]);
      values[kept++] = values[id];
    }
    texts_.resize(kept);
    values.resize(kept);
  }

  // What follows from the texts and their logarithms.
  void update() {
    std::vector<std::pair<std::string_view, int32_t>> entries;
    for (const std::string& text : texts_) entries.emplace_back(text, static_cast<int32_t>(entries.size()));
    trie_ = PrefixTrie(std::move(entries));
    probabilities_.clear();
    for (const double logarithm : logarithms_) probabilities_.push_back(std::exp(logarithm));
  }

  std::vector<std::pair<std::string, double>> chosen(size_t wanted) const {
    std::vector<size_t> order;
    for (size_t id = characters_; id < texts_.size(); ++id) order.push_back(id);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return logarithms_[a] != logarithms_[b] ? logarithms_[a] > logarithms_[b] : texts_[a] < texts_[b];
    });
    order.resize(std::min(order.size(), wanted - std::min(wanted, characters_)));
    for (size_t id = 0; id < characters_; ++id) order.push_back(id);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return logarithms_[a] != logarithms_[b] ? logarithms_[a] > logarithms_[b] : texts_[a] < texts_[b];
    });
    std::vector<std::pair<std::string, double>> tokens;
    for (const size_t id : order) tokens.emplace_back(texts_[id], logarithms_[id]);
    return tokens;
  }

  void report(size_t wanted) const {
    if (options_.on_step)
      options_.on_step(
          {TokenizerTrainStep::Stage::pruning, static_cast<int64_t>(texts_.size()), static_cast<int64_t>(wanted)});
  }

  const std::vector<CountedWord>& words_;
  const size_t characters_;  // the first candidates
  const TokenizerTrainOptions& options_;
  Threads pool_;
  std::vector<UnigramLattice> lattices_;  // of each part
  std::vector<std::string> texts_;
  std::vector<double> logarithms_, probabilities_;
  PrefixTrie trie_;
};

}  // namespace

std::vector<std::pair<std::string, double>> train_unigram(const std::vector<CountedWord>& words,
                                                          const std::vector<CountedCharacter>& alphabet, size_t wanted,
                                                          const TokenizerTrainOptions& options) {
  return Trainer(words, alphabet, options).train(wanted);
}

}  // namespace graft::inline v0
