// SPDX-License-Identifier: Apache-2.0
//
// All ways to cut a word into candidates.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/prefix_trie.hpp"

namespace graft::inline v0 {

// A sum of products of probabilities, value · 2^(kStep · steps): long words would otherwise underflow.
struct ScaledSum {
  static constexpr int kStep = 512;
  double value = 0;
  int steps = 0;

  void add(double more, int more_steps);
  // Keeps the value far from the ends of its range.
  void settle();
};

// What a word is worked on with; belongs to one thread and is used again and again.
class UnigramLattice {
 public:
  // The candidates that the word has at each place; `trie` gives their numbers, and those of probability 0 are left
  // out. Every character must be one of them.
  void fill(std::string_view word, const PrefixTrie& trie, const std::vector<double>& probabilities);

  // Adds to `expected`, by candidate, how often it stands in the word, weighed by `count` and the probabilities of all
  // ways (Baum et al. 1970). The result is the logarithm of the word's probability.
  double add_expected(double count, std::vector<double>& expected);

  // The most probable way; of several the one whose last token is longest. Empty where none is left without the
  // candidate `excluded`.
  const std::vector<int32_t>& best(const std::vector<double>& logarithms, int32_t excluded = -1);
  double best_score() const { return best_score_; }

 private:
  struct Edge {
    uint32_t from, to;
    int32_t id;
    double probability;
  };
  size_t length_ = 0;
  std::vector<Edge> edges_;  // by `from`
  std::vector<ScaledSum> forward_, backward_;
  struct Arrival {
    double score;
    int32_t id;
    uint32_t from;
  };
  std::vector<Arrival> arrivals_;
  std::vector<int32_t> way_;
  double best_score_ = 0;
};

}  // namespace graft::inline v0
