// SPDX-License-Identifier: Apache-2.0
#include "generate/beam.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "support/refusal.hpp"

namespace graft {
namespace {

constexpr int kVocabulary = 3, kEnd = 2, kLongest = 3;

// A language whose next token depends on all before it.
std::vector<float> row(const std::vector<int32_t>& sequence) {
  double state = 0.3;
  for (const int32_t token : sequence) state = std::fmod(state * 7.13 + token * 1.37 + 0.11, 3.0);
  return {float(state), float(std::fmod(state * 2.7, 2.0)), float(std::fmod(state * 5.3, 2.5))};
}

NextLogits language() {
  return [memory = Memory::create()](std::span<const std::vector<int32_t>> sequences) {
    const Tensor logits(*memory, int(sequences.size()), kVocabulary);
    for (size_t i = 0; i < sequences.size(); ++i) {
      const std::vector<float> one = row(sequences[i]);
      std::copy(one.begin(), one.end(), logits.data() + i * kVocabulary);
    }
    return logits;
  };
}

// Tries every continuation.
void search_all(std::vector<int32_t> sequence, size_t prompt, double sum, double penalty, Hypothesis& best) {
  const std::vector<float> logits = row(sequence);
  double normalizer = 0;
  for (const float logit : logits) normalizer += std::exp(double(logit));
  for (int32_t token = 0; token < kVocabulary; ++token) {
    sequence.push_back(token);
    const double total = sum + logits[size_t(token)] - std::log(normalizer);
    const size_t length = sequence.size() - prompt;
    if (token == kEnd || length == kLongest) {
      const double score = total / std::pow(double(length), penalty);
      if (score > best.score) best = {{sequence.begin() + std::ptrdiff_t(prompt), sequence.end()}, score};
    } else {
      search_all(sequence, prompt, total, penalty, best);
    }
    sequence.pop_back();
  }
}

}  // namespace

TEST_CASE("A beam search that keeps everything finds the best continuation", "[generate]") {
  const float penalty = GENERATE(0.0f, 1.0f, 2.0f);
  const std::vector<int32_t> prompt = GENERATE(std::vector<int32_t>{0}, std::vector<int32_t>{1, 0},
                                               std::vector<int32_t>{1, 1, 0}, std::vector<int32_t>{0, 1});
  Hypothesis best{{}, -1e9};
  search_all(prompt, prompt.size(), 0, penalty, best);
  const BeamOptions options = {.beams = 12, .max_tokens = kLongest, .length_penalty = penalty, .end_tokens = {kEnd}};
  const Hypothesis found = beam_search(prompt, options, language());
  CHECK(found.tokens == best.tokens);
  CHECK(found.score == Approx(best.score));
}

TEST_CASE("One beam takes the likeliest token each time", "[generate]") {
  const BeamOptions options = {.beams = 1, .max_tokens = 4, .length_penalty = 1, .end_tokens = {}};
  std::vector<int32_t> sequence = {1};
  for (int i = 0; i < 4; ++i) {
    const std::vector<float> logits = row(sequence);
    sequence.push_back(int32_t(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  sequence.erase(sequence.begin());
  CHECK(beam_search({1}, options, language()).tokens == sequence);
  CHECK(refusal<ArgumentError>([&] { beam_search({}, options, language()); }) == "beam search: the prompt is empty");
}

}  // namespace graft
