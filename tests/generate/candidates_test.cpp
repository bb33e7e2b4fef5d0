// SPDX-License-Identifier: Apache-2.0
#include "generate/candidates.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace graft {
namespace {

// Of the probabilities 0.4, 0.3, 0.2, 0.08 and 0.02, of ids 2, 0, 4, 1, 3.
std::vector<int32_t> left(const GenerateOptions& options) {
  std::vector<float> logits;
  for (const double p : {0.3, 0.08, 0.4, 0.02, 0.2}) logits.push_back(float(std::log(p)));
  std::vector<int32_t> tokens;
  for (const Candidate& candidate : candidates(options, logits)) tokens.push_back(candidate.token);
  return tokens;
}

using Ids = std::vector<int32_t>;

}  // namespace

TEST_CASE("Limits of a draw", "[generate]") {
  CHECK(left({.temperature = 1}) == Ids{2, 0, 4, 1, 3});
  CHECK(left({.temperature = 1, .top_k = 2}) == Ids{2, 0});
  CHECK(left({.temperature = 1, .top_p = 0.69f}) == Ids{2, 0});
  CHECK(left({.temperature = 1, .top_p = 0.71f}) == Ids{2, 0, 4});
  CHECK(left({.temperature = 1, .top_p = 0}) == Ids{2});
  CHECK(left({.temperature = 1, .min_p = 0.21f}) == Ids{2, 0, 4});
  CHECK(left({.temperature = 1, .epsilon_cutoff = 0.07f}) == Ids{2, 0, 4, 1});
  CHECK(left({.temperature = 1, .epsilon_cutoff = 1}) == Ids{2});
  // The entropy is 1.33, the informations 0.92, 1.2, 1.61, 2.53 and 3.91; exp(-1.33) is 0.264.
  CHECK(left({.temperature = 1, .typical_p = 0.2f}) == Ids{0});
  CHECK(left({.temperature = 1, .typical_p = 0.6f}) == Ids{2, 0, 4});
  CHECK(left({.temperature = 1, .eta_cutoff = 0.09f}) == Ids{2, 0, 4, 1});
  CHECK(left({.temperature = 1, .eta_cutoff = 0.2f}) == Ids{2, 0, 4});
  // Each works on what is left: of 2 and 0 alone, the first has 0.57.
  CHECK(left({.temperature = 1, .top_k = 2, .top_p = 0.55f}) == Ids{2});
}

TEST_CASE("What is forbidden is no candidate", "[generate]") {
  const std::vector<float> logits = {0, -std::numeric_limits<float>::infinity(), 1};
  CHECK(candidates({.temperature = 1}, logits).size() == 2);
}

TEST_CASE("A pick takes each at its rate", "[generate]") {
  const std::vector<Candidate> of = {{7, 1}, {8, 2}, {9, 1}};
  CHECK(pick(of, 0) == 7);
  CHECK(pick(of, 0.26) == 8);
  CHECK(pick(of, 0.74) == 8);
  CHECK(pick(of, 0.76) == 9);
  CHECK(pick(of, 1) == 9);
}

}  // namespace graft
