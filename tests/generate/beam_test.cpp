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

// The language behind a prompt, which keeps the text of each beam.
NextLogits language(std::vector<int32_t> prompt) {
  return [memory = Memory::create_on_host(),
          texts = std::vector<std::vector<int32_t>>{prompt}](std::span<const BeamStep> steps) mutable {
    std::vector<std::vector<int32_t>> next;
    for (const auto& [parent, token] : steps) {
      next.push_back(texts.at(size_t(parent)));
      next.back().push_back(token);
    }
    if (!steps.empty()) texts = std::move(next);
    const Tensor logits(*memory, int(texts.size()), kVocabulary);
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> one = row(texts[i]);
      std::ranges::copy(one, logits.row(int(i)).begin());
    }
    return logits;
  };
}

// Tries every continuation.
void search_all(std::vector<int32_t> sequence, size_t prompt, double sum, double penalty, Beam& best) {
  const std::vector<float> logits = row(sequence);
  double normalizer = 0;
  for (const float logit : logits) normalizer += std::exp(double(logit));
  for (int32_t token = 0; token < kVocabulary; ++token) {
    sequence.push_back(token);
    const double total = sum + logits[size_t(token)] - std::log(normalizer);
    const size_t length = sequence.size() - prompt;
    if (token == kEnd || length == kLongest) {
      const double score = total / std::pow(double(length), penalty);
      if (score > best.score) best = {{sequence.begin() + std::ptrdiff_t(prompt), sequence.end()}, {}, score};
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
  Beam best{.score = -1e9};
  search_all(prompt, prompt.size(), 0, penalty, best);
  const BeamOptions options = {.beams = 12, .max_tokens = kLongest, .length_penalty = penalty, .end_tokens = {kEnd}};
  const std::vector<Beam> found = beam_search(options, language(prompt));
  CHECK(found.at(0).tokens == best.tokens);
  CHECK(found[0].score == Approx(best.score));
  double sum = 0;
  for (const float one : found[0].log_probabilities) sum += one;
  CHECK(sum / std::pow(double(found[0].tokens.size()), penalty) == Approx(best.score));
  for (size_t i = 1; i < found.size(); ++i) CHECK(found[i - 1].score >= found[i].score);
}

TEST_CASE("One beam takes the likeliest token each time", "[generate]") {
  const BeamOptions options = {.beams = 1, .max_tokens = 4, .length_penalty = 1, .end_tokens = {}};
  std::vector<int32_t> sequence = {1};
  for (int i = 0; i < 4; ++i) {
    const std::vector<float> logits = row(sequence);
    sequence.push_back(int32_t(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  sequence.erase(sequence.begin());
  CHECK(beam_search(options, language({1})).at(0).tokens == sequence);
  CHECK(refusal<ArgumentError>([&] { beam_search({.beams = 0}, language({1})); }) ==
        "beam search: 0 beams of 20 tokens, expected more than 0");
}

TEST_CASE("Early stopping ends with as many whole texts as there are beams", "[generate]") {
  int steps[2] = {};
  std::vector<Beam> found[2];
  for (const bool early : {false, true}) {
    const NextLogits next = [&, of = language({0, 1})](std::span<const BeamStep> beams) {
      ++steps[early];
      return of(beams);
    };
    const BeamOptions options = {
        .beams = 2, .max_tokens = 40, .length_penalty = 3, .early_stopping = early, .end_tokens = {kEnd}};
    found[early] = beam_search(options, next);
    CHECK(found[early].size() == 2);
  }
  CHECK(steps[true] < steps[false]);
  CHECK(found[true][0].score < found[false][0].score);
}

TEST_CASE("What is forbidden is in no beam, and the probabilities stay the model's own", "[generate]") {
  const AdjustBeam adjust = [](std::span<const int32_t> tokens, std::span<float> log_probabilities) {
    if (!tokens.empty()) log_probabilities[size_t(tokens.back())] = -INFINITY;
  };
  const std::vector<Beam> found = beam_search({.beams = 3, .max_tokens = 6}, language({1}), adjust);
  REQUIRE(found.size() == 3);
  for (const Beam& beam : found)
    for (size_t i = 1; i < beam.tokens.size(); ++i) CHECK(beam.tokens[i] != beam.tokens[i - 1]);
}

TEST_CASE("A cancelled search gives what it has", "[generate]") {
  std::stop_source stop;
  const NextLogits next = [&, of = language({1}), calls = 0](std::span<const BeamStep> beams) mutable {
    if (++calls == 3) stop.request_stop();
    return of(beams);
  };
  const std::vector<Beam> found = beam_search({.beams = 2, .max_tokens = 9, .cancel = stop.get_token()}, next);
  REQUIRE(found.size() == 2);
  CHECK(found[0].tokens.size() == 3);
}

}  // namespace graft
