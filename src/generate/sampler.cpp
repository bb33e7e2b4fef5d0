// SPDX-License-Identifier: Apache-2.0
#include "generate/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

// The likeliest first; of equals the smaller id. What is not a number counts as the least likely.
std::vector<int32_t> likeliest(std::span<const float> logits, size_t count) {
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
  if (best.empty()) return {0};
  if (best.size() > count) narrow();
  std::sort(best.begin(), best.end(), before);
  return best;
}

}  // namespace

Sampler::Sampler(const GenerateOptions& options, uint64_t sequence) : options_(options), sequence_(sequence) {}

void Sampler::saw(int32_t token, bool generated) {
  Counts& counts = counts_[token];
  ++counts.seen;
  counts.generated += generated;
}

void Sampler::penalise(std::span<float> logits) const {
  for (const auto& [token, counts] : counts_) {
    if (token < 0 || size_t(token) >= logits.size()) continue;
    float& logit = logits[size_t(token)];
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
    if (counts.generated > 0) logit -= options_.frequency_penalty * float(counts.generated) + options_.presence_penalty;
  }
}

bool Sampler::has_penalties() const {
  return options_.repetition_penalty != 1 || options_.frequency_penalty != 0 || options_.presence_penalty != 0;
}

Sampler::Choice Sampler::choose(std::span<float> logits, float log_sum, int position) const {
  Choice choice;
  if (options_.alternatives > 0)
    for (const int32_t token : likeliest(logits, size_t(options_.alternatives)))
      choice.alternatives.push_back({token, logits[token] - log_sum});
  std::vector<float> original;
  if (has_penalties()) {
    original.assign(logits.begin(), logits.end());
    penalise(logits);
  }
  choice.token = options_.temperature == 0 ? likeliest(logits, 1)[0] : draw(logits, position);
  choice.log_probability = (original.empty() ? logits[choice.token] : original[choice.token]) - log_sum;
  return choice;
}

// Each limit narrows what the one before has left.
int32_t Sampler::draw(std::span<const float> logits, int position) const {
  const size_t k = options_.top_k > 0 ? size_t(options_.top_k) : logits.size();
  std::vector<int32_t> order = likeliest(logits, k);
  std::vector<double> weights;
  for (const int32_t token : order)
    weights.push_back(std::exp((double(logits[token]) - logits[order[0]]) / options_.temperature));
  const auto sum = [&] { return std::accumulate(weights.begin(), weights.end(), 0.0); };
  if (options_.top_p < 1) {
    const double enough = options_.top_p * sum();
    double held = 0;
    size_t count = 0;
    while (count < weights.size() && held < enough) held += weights[count++];
    weights.resize(std::max<size_t>(count, 1));
  }
  while (weights.size() > 1 && weights.back() < options_.min_p) weights.pop_back();
  double at = random_uniform(options_.seed, sequence_, uint64_t(position)) * sum();
  for (size_t i = 0; i < weights.size(); ++i)
    if ((at -= weights[i]) < 0) return order[i];
  return order[weights.size() - 1];
}

void check_options(const GenerateOptions& options) {
  const auto within = [](const char* name, double value, double least, double most) {
    check(value >= least && value <= most, "GenerateOptions: ", name, " is ", value, ", expected ", least, " to ",
          most);
  };
  within("max_tokens", options.max_tokens, 0, INT32_MAX);
  within("temperature", options.temperature, 0, 1e6);
  within("top_k", options.top_k, 0, INT32_MAX);
  within("top_p", options.top_p, 0, 1);
  within("min_p", options.min_p, 0, 1);
  within("repetition_penalty", options.repetition_penalty, 1e-3, 1e3);
  within("frequency_penalty", options.frequency_penalty, -1e3, 1e3);
  within("presence_penalty", options.presence_penalty, -1e3, 1e3);
  within("alternatives", options.alternatives, 0, 1 << 16);
}

}  // namespace graft::inline v0
