// SPDX-License-Identifier: Apache-2.0
#include "generate/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

double log_sum_exp(std::span<const float> logits) {
  const float most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double(logit) - most);
  return most + std::log(sum);
}

// The likeliest first; of equals the smaller id.
std::vector<int32_t> likeliest(std::span<const float> logits, size_t count) {
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto before = [&](int32_t a, int32_t b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; };
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(count), order.end(), before);
  order.resize(count);
  return order;
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
    if (counts.generated > 0)
      logit -= options_.frequency_penalty * float(counts.generated) + options_.presence_penalty;
  }
}

Sampler::Choice Sampler::choose(std::span<float> logits, int position) const {
  const double total = log_sum_exp(logits);
  Choice choice;
  if (options_.alternatives > 0)
    for (const int32_t token : likeliest(logits, size_t(options_.alternatives)))
      choice.alternatives.push_back({token, float(logits[token] - total)});
  const std::vector<float> original =
      counts_.empty() ? std::vector<float>() : std::vector<float>(logits.begin(), logits.end());
  penalise(logits);
  choice.token = options_.temperature == 0 ? likeliest(logits, 1)[0] : draw(logits, position);
  choice.log_probability = float((original.empty() ? logits[choice.token] : original[choice.token]) - total);
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
    check(value >= least && value <= most, "GenerateOptions: ", name, " is ", value, ", expected ", least, " to ", most);
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

}  // namespace graft::v0
