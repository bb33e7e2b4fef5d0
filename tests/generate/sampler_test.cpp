// SPDX-License-Identifier: Apache-2.0
#include "generate/sampler.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "support/random.hpp"

namespace graft {
namespace {

std::vector<float> random_logits(size_t count) {
  std::vector<float> logits(count);
  for (size_t i = 0; i < count; ++i) logits[i] = float(std::floor(random_uniform(1, 2, i) * 200) / 10);
  return logits;
}

// All ids, the likeliest first, of equals the smaller one.
std::vector<int32_t> sorted(const std::vector<float>& logits) {
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
  return order;
}

}  // namespace

TEST_CASE("The likeliest tokens come first, of equals the smaller id", "[generate]") {
  std::vector<float> logits = random_logits(5000);
  const std::vector<int32_t> order = sorted(logits);
  GenerateOptions options;
  options.alternatives = 100;
  const Sampler::Choice choice = Sampler(options, 0).choose(logits, 3, 0);
  CHECK(choice.token == order[0]);
  CHECK(choice.log_probability == logits[order[0]] - 3);
  REQUIRE(choice.alternatives.size() == 100);
  for (size_t i = 0; i < 100; ++i) {
    CHECK(choice.alternatives[i].token == order[i]);
    CHECK(choice.alternatives[i].log_probability == logits[order[i]] - 3);
  }
}

TEST_CASE("The likeliest tokens alone are enough for the same choice", "[generate]") {
  std::vector<float> logits = random_logits(5000);
  GenerateOptions options;
  options.temperature = GENERATE(0.0f, 1.5f);
  options.top_k = 40;
  options.top_p = 0.9f;
  options.alternatives = 3;
  const Sampler sampler(options, 7);
  CHECK(sampler.enough() == (options.temperature > 0 ? 40 : 3));
  for (int position = 0; position < 50; ++position) {
    const std::vector<Ranked> list = likeliest(logits, 64);
    const Sampler::Choice whole = sampler.choose(logits, 3, position), listed = sampler.choose(list, 3, position);
    CHECK(whole.token == listed.token);
    CHECK(whole.log_probability == listed.log_probability);
    REQUIRE(listed.alternatives.size() == 3);
    CHECK(whole.alternatives[2].token == listed.alternatives[2].token);
  }
  options.repetition_penalty = 1.1f;
  CHECK(sampler.enough() == 0);
  options.repetition_penalty = 1;
  options.top_k = 0;
  CHECK(sampler.enough() == (options.temperature > 0 ? 0 : 3));
}

TEST_CASE("A draw stays among the likeliest, at their rates", "[generate]") {
  const std::vector<float> logits = {0, 1, -5, 1, 0.5f};
  GenerateOptions options;
  options.temperature = 1;
  options.top_k = 2;
  int counts[5] = {};
  for (int position = 0; position < 1000; ++position) {
    std::vector<float> copy = logits;
    ++counts[Sampler(options, 0).choose(copy, 0, position).token];
  }
  CHECK(counts[1] + counts[3] == 1000);
  CHECK(std::abs(counts[1] - 500) < 60);
}

TEST_CASE("Penalties move the choice, not the log-probabilities", "[generate]") {
  std::vector<float> logits = {2, 1.9f, 0};
  GenerateOptions options;
  options.presence_penalty = 1;
  Sampler sampler(options, 0);
  sampler.saw(0, true);
  sampler.saw(1, false);
  const Sampler::Choice choice = sampler.choose(logits, 2.5f, 0);
  CHECK(choice.token == 1);
  CHECK(choice.log_probability == Approx(-0.6f));
  logits = {2, 1.9f, 0};
  sampler.saw(1, true);
  const Sampler::Choice next = sampler.choose(logits, 2.5f, 0);
  CHECK(next.token == 0);
  CHECK(next.log_probability == Approx(-0.5f));
}

TEST_CASE("Logits that are no numbers still give a token", "[generate]") {
  std::vector<float> logits(10, NAN);
  CHECK(Sampler(GenerateOptions{}, 0).choose(logits, 0, 0).token == 0);
}

}  // namespace graft
