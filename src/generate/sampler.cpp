// SPDX-License-Identifier: Apache-2.0
#include "generate/sampler.hpp"

#include <algorithm>

#include "generate/bans.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {

Sampler::Sampler(const GenerateOptions& options, uint64_t sequence, std::vector<int32_t> end_ids)
    : options_(options), sequence_(sequence), end_ids_(std::move(end_ids)) {}

void Sampler::saw(int32_t token, bool generated) {
  Counts& counts = counts_[token];
  ++counts.seen;
  counts.generated += generated;
  text_.push_back(token);
  generated_ += generated;
}

void Sampler::penalise(std::span<float> logits) const {
  for (const auto& [token, counts] : counts_) {
    if (token < 0 || size_t(token) >= logits.size()) continue;
    float& logit = logits[size_t(token)];
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
    if (counts.generated > 0) logit -= options_.frequency_penalty * float(counts.generated) + options_.presence_penalty;
  }
}

bool Sampler::adjusts() const {
  return options_.repetition_penalty != 1 || options_.frequency_penalty != 0 || options_.presence_penalty != 0 ||
         options_.no_repeat_ngram > 0 || !options_.bad_words.empty() || generated_ < options_.min_tokens ||
         options_.force_end;
}

void Sampler::adjust(std::span<float> logits) const {
  penalise(logits);
  if (options_.no_repeat_ngram > 0) forbid_repeated_ngrams(logits, text_, options_.no_repeat_ngram);
  forbid_runs(logits, text_, options_.bad_words);
  if (generated_ < options_.min_tokens) forbid(logits, end_ids_);
  if (options_.force_end && generated_ + 1 == options_.max_tokens && !end_ids_.empty()) force(logits, end_ids_);
}

int32_t Sampler::pick_one(std::span<const Ranked> likeliest, int position) const {
  if (options_.temperature == 0) return likeliest[0].token;
  return pick(candidates(options_, likeliest), random_uniform(options_.seed, sequence_, uint64_t(position)));
}

std::vector<Alternative> Sampler::alternatives(std::span<const Ranked> likeliest, float log_sum) const {
  std::vector<Alternative> all;
  for (const auto& [token, logit] : likeliest.first(std::min(likeliest.size(), size_t(options_.alternatives))))
    all.push_back({token, logit - log_sum});
  return all;
}

size_t Sampler::drawn_from() const { return options_.temperature == 0 ? 1 : size_t(options_.top_k); }

size_t Sampler::enough() const {
  return adjusts() || drawn_from() == 0 ? 0 : std::max(drawn_from(), size_t(options_.alternatives));
}

Sampler::Choice Sampler::choose(std::span<const Ranked> likeliest, float log_sum, int position) const {
  const int32_t token = pick_one(likeliest, position);
  const auto chosen = std::ranges::find(likeliest, token, &Ranked::token);
  return {token, chosen->logit - log_sum, alternatives(likeliest, log_sum)};
}

Sampler::Choice Sampler::choose(std::span<float> logits, float log_sum, int position) const {
  if (!adjusts()) return choose(likeliest(logits, enough() > 0 ? enough() : logits.size()), log_sum, position);
  Choice choice;
  if (options_.alternatives > 0)
    choice.alternatives = alternatives(likeliest(logits, size_t(options_.alternatives)), log_sum);
  const std::vector<float> original(logits.begin(), logits.end());
  adjust(logits);
  choice.token = pick_one(likeliest(logits, drawn_from() > 0 ? drawn_from() : logits.size()), position);
  choice.log_probability = original[size_t(choice.token)] - log_sum;
  return choice;
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
  within("typical_p", options.typical_p, 0, 1);
  within("epsilon_cutoff", options.epsilon_cutoff, 0, 1);
  within("eta_cutoff", options.eta_cutoff, 0, 1);
  within("repetition_penalty", options.repetition_penalty, 1e-3, 1e3);
  within("frequency_penalty", options.frequency_penalty, -1e3, 1e3);
  within("presence_penalty", options.presence_penalty, -1e3, 1e3);
  within("no_repeat_ngram", options.no_repeat_ngram, 0, INT32_MAX);
  within("min_tokens", options.min_tokens, 0, INT32_MAX);
  within("beams", options.beams, 1, 1 << 10);
  within("length_penalty", options.length_penalty, -1e3, 1e3);
  if (options.beams > 1)
    check(options.temperature == 0 && options.stop.empty() && options.alternatives == 0, "GenerateOptions: beams is ",
          options.beams, ", with temperature ", options.temperature, ", ", options.stop.size(), " stop strings and ",
          options.alternatives, " alternatives, expected none of them");
  within("alternatives", options.alternatives, 0, 1 << 16);
  for (size_t i = 0; i < options.bad_words.size(); ++i)
    check(!options.bad_words[i].empty(), "GenerateOptions: bad_words[", i, "] is empty, expected at least one id");
}

}  // namespace graft::inline v0
