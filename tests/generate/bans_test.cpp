// SPDX-License-Identifier: Apache-2.0
#include "generate/bans.hpp"

#include <catch2/catch.hpp>

#include "generate/sampler.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

// The ids that are left.
std::vector<int> left(const std::vector<float>& logits) {
  std::vector<int> ids;
  for (size_t id = 0; id < logits.size(); ++id)
    if (logits[id] == 0) ids.push_back(int(id));
  return ids;
}

}  // namespace

TEST_CASE("No n-gram comes twice", "[generate]") {
  const std::vector<int32_t> text = {1, 2, 3, 1, 2, 4, 1, 2};
  std::vector<float> logits(6);
  forbid_repeated_ngrams(logits, text, 3);
  CHECK(left(logits) == std::vector<int>{0, 1, 2, 5});
  logits.assign(6, 0);
  forbid_repeated_ngrams(logits, text, 1);
  CHECK(left(logits) == std::vector<int>{0, 5});
  logits.assign(6, 0);
  forbid_repeated_ngrams(logits, std::span(text).first(1), 3);
  CHECK(left(logits).size() == 6);
}

TEST_CASE("A run is forbidden where only its last token is missing", "[generate]") {
  const std::vector<int32_t> text = {1, 2};
  std::vector<float> logits(6);
  forbid_runs(logits, text, std::vector<std::vector<int32_t>>{{3}, {2, 4}, {1, 5}, {0, 1, 2, 0}, {99}});
  CHECK(left(logits) == std::vector<int>{0, 1, 2, 5});
}

TEST_CASE("The end comes neither too early nor too late", "[generate]") {
  const GenerateOptions options{.max_tokens = 3, .min_tokens = 2, .force_end = true};
  Sampler sampler(options, 0, {0});
  const auto choose = [&] {
    std::vector<float> logits = {5, 4, 1};
    return sampler.choose(logits, 6, 0);
  };
  CHECK(choose().token == 1);
  CHECK(choose().log_probability == -2);
  sampler.saw(1, true);
  CHECK(choose().token == 1);
  sampler.saw(1, true);
  CHECK(choose().token == 0);
  std::vector<float> logits = {-5, 4, 1};
  CHECK(sampler.choose(logits, 6, 0).token == 0);
}

TEST_CASE("An empty bad word is refused", "[generate]") {
  CHECK(refusal<ArgumentError>([] {
          check_options({.bad_words = {{1}, {}}});
        }) == "GenerateOptions: bad_words[1] is empty, expected at least one id");
}

}  // namespace graft
