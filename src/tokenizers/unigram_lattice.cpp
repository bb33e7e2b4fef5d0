// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/unigram_lattice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr double kSmall = 0x1p-256, kLarge = 0x1p256, kUp = 0x1p512, kDown = 0x1p-512;
constexpr double kUnreached = -std::numeric_limits<double>::infinity();

}  // namespace

void ScaledSum::add(double more, int more_steps) {
  if (more_steps == steps) {
    value += more;
  } else if (value == 0 || more_steps > steps) {
    value = more + (more_steps == steps + 1 ? value * kDown : 0);
    steps = more_steps;
  } else if (more_steps + 1 == steps) {
    value += more * kDown;
  }
}

void ScaledSum::settle() {
  if (value > 0 && value < kSmall) {
    value *= kUp;
    --steps;
  } else if (value > kLarge) {
    value *= kDown;
    ++steps;
  }
}

void UnigramLattice::fill(std::string_view word, const PrefixTrie& trie, const std::vector<double>& probabilities) {
  length_ = word.size();
  edges_.clear();
  for (size_t at = 0; at < word.size(); ++at) {
    if (is_continuation(word[at])) continue;
    trie.prefixes(word.substr(at), [&](size_t length, int32_t id) {
      const double probability = probabilities[static_cast<size_t>(id)];
      if (probability > 0)
        edges_.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(at + length), id, probability});
    });
  }
}

double UnigramLattice::add_expected(double count, std::vector<double>& expected) {
  forward_.assign(length_ + 1, {});
  backward_.assign(length_ + 1, {});
  forward_[0] = backward_[length_] = {1, 0};
  uint32_t settled = 0;
  for (const Edge& edge : edges_) {
    if (edge.from > settled) forward_[settled = edge.from].settle();
    const ScaledSum& from = forward_[edge.from];
    forward_[edge.to].add(from.value * edge.probability, from.steps);
  }
  const ScaledSum& all = forward_[length_];
  settled = static_cast<uint32_t>(length_);
  for (size_t i = edges_.size(); i-- > 0;) {
    const Edge& edge = edges_[i];
    if (edge.from < settled) backward_[settled].settle(), settled = edge.from;
    const ScaledSum& to = backward_[edge.to];
    backward_[edge.from].add(to.value * edge.probability, to.steps);
    const ScaledSum& from = forward_[edge.from];
    const double share = from.value * edge.probability / all.value * to.value;
    const int steps = from.steps + to.steps - all.steps;
    expected[static_cast<size_t>(edge.id)] +=
        count * (steps == 0 ? share : std::ldexp(share, steps * ScaledSum::kStep));
  }
  return std::log(all.value) + all.steps * ScaledSum::kStep * std::log(2.0);
}

const std::vector<int32_t>& UnigramLattice::best(const std::vector<double>& logarithms, int32_t excluded) {
  arrivals_.assign(length_ + 1, {kUnreached, -1, 0});
  arrivals_[0].score = 0;
  for (const Edge& edge : edges_) {
    if (edge.id == excluded) continue;
    const double score = arrivals_[edge.from].score + logarithms[static_cast<size_t>(edge.id)];
    if (score > arrivals_[edge.to].score) arrivals_[edge.to] = {score, edge.id, edge.from};
  }
  way_.clear();
  best_score_ = arrivals_[length_].score;
  if (best_score_ == kUnreached) return way_;
  for (size_t at = length_; at > 0; at = arrivals_[at].from) way_.push_back(arrivals_[at].id);
  std::reverse(way_.begin(), way_.end());
  return way_;
}

}  // namespace graft::inline v0
