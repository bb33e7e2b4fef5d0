// SPDX-License-Identifier: Apache-2.0
#include "generate/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace graft::inline v0 {
namespace {

using Candidates = std::vector<Candidate>;

double sum_of(std::span<const Candidate> of) {
  return std::accumulate(of.begin(), of.end(), 0.0, [](double sum, const Candidate& c) { return sum + c.weight; });
}

// How many from the first on hold the share of all weight, at least one.
size_t count_for_share(std::span<const Candidate> of, double share) {
  const double enough = share * sum_of(of);
  double held = 0;
  size_t count = 0;
  while (count < of.size() && held < enough) held += of[count++].weight;
  return std::max<size_t>(count, 1);
}

// Those at the end that are lighter, but for the first of all.
void drop_lighter(Candidates& from, double weight) {
  while (from.size() > 1 && from.back().weight < weight) from.pop_back();
}

// -Σ p log p
double entropy_of(std::span<const Candidate> of, double sum) {
  double entropy = 0;
  for (const Candidate& c : of)
    if (c.weight > 0) entropy -= c.weight / sum * std::log(c.weight / sum);
  return entropy;
}

// Those whose information, -log p, is nearest to the expected one, until they hold the share; those as near as the last
// stay too.
void keep_typical(Candidates& from, double share) {
  const double sum = sum_of(from), entropy = entropy_of(from, sum);
  const auto distance = [&](const Candidate& c) { return std::abs(-std::log(c.weight / sum) - entropy); };
  Candidates nearest = from;
  std::stable_sort(nearest.begin(), nearest.end(),
                   [&](const Candidate& a, const Candidate& b) { return distance(a) < distance(b); });
  const double furthest = distance(nearest[count_for_share(nearest, share) - 1]);
  std::erase_if(from, [&](const Candidate& c) { return distance(c) > furthest; });
}

}  // namespace

std::vector<Ranked> likeliest(std::span<const float> logits, size_t count) {
  const auto before = [&](int32_t a, int32_t b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; };
  std::vector<int32_t> best;
  count = std::min(count, logits.size());
  const size_t enough = std::max<size_t>(2 * count, 64);
  float least = -std::numeric_limits<float>::infinity();  // that a candidate must exceed
  const auto narrow = [&] {
    std::nth_element(best.begin(), best.begin() + std::ptrdiff_t(count) - 1, best.end(), before);
    best.resize(count);
    least = logits[best.back()];
  };
  for (int32_t id = 0; size_t(id) < logits.size(); ++id) {
    if (!(logits[id] > least)) continue;
    best.push_back(id);
    if (best.size() == enough) narrow();
  }
  if (best.empty()) return {{0, logits[0]}};
  if (best.size() > count) narrow();
  std::sort(best.begin(), best.end(), before);
  std::vector<Ranked> ranked;
  for (const int32_t id : best) ranked.push_back({id, logits[size_t(id)]});
  return ranked;
}

std::vector<Candidate> candidates(const GenerateOptions& options, std::span<const float> logits) {
  return candidates(options, likeliest(logits, options.top_k > 0 ? size_t(options.top_k) : logits.size()));
}

std::vector<Candidate> candidates(const GenerateOptions& options, std::span<const Ranked> likeliest) {
  if (options.top_k > 0) likeliest = likeliest.first(std::min(likeliest.size(), size_t(options.top_k)));
  Candidates left;
  for (const auto& [token, logit] : likeliest)
    left.push_back({token, std::exp((double(logit) - double(likeliest[0].logit)) / options.temperature)});
  if (options.top_p < 1) left.resize(count_for_share(left, options.top_p));
  if (options.min_p > 0) drop_lighter(left, options.min_p * left[0].weight);
  if (options.typical_p < 1) keep_typical(left, options.typical_p);
  if (options.epsilon_cutoff > 0) drop_lighter(left, options.epsilon_cutoff * sum_of(left));
  if (options.eta_cutoff > 0) {
    const double sum = sum_of(left), eta = options.eta_cutoff;
    drop_lighter(left, std::min(eta, std::sqrt(eta) * std::exp(-entropy_of(left, sum))) * sum);
  }
  return left;
}

int32_t pick(std::span<const Candidate> candidates, double at) {
  at *= sum_of(candidates);
  for (const Candidate& candidate : candidates)
    if ((at -= candidate.weight) < 0) return candidate.token;
  return candidates.back().token;
}

}  // namespace graft::inline v0
