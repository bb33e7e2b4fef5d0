// SPDX-License-Identifier: Apache-2.0
#include "train/batch_plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace graft {
namespace {

// Examples of which only the lengths are known.
struct Lengths final : Objective {
  explicit Lengths(std::vector<size_t> of) : all(std::move(of)) {}
  size_t examples() const override { return all.size(); }
  std::vector<size_t> lengths() const override { return all; }
  uint64_t fingerprint() const override { return 0; }
  StepLoss loss(const LossContext&, std::span<const size_t>, Gradients*) const override { return {}; }
  std::vector<size_t> all;
};

const Lengths kUneven({9, 1, 30, 2, 2, 8, 50, 1, 3, 2, 7, 1});

std::vector<std::vector<size_t>> epoch(BatchPlan& plan, int number) {
  std::vector<std::vector<size_t>> steps;
  for (int i = 0; i < plan.steps_per_epoch(); ++i) {
    const std::span<const size_t> step = plan.examples(number * plan.steps_per_epoch() + i);
    steps.emplace_back(step.begin(), step.end());
  }
  return steps;
}

std::vector<size_t> sorted(const std::vector<std::vector<size_t>>& steps) {
  std::vector<size_t> all;
  for (const std::vector<size_t>& step : steps) all.insert(all.end(), step.begin(), step.end());
  std::ranges::sort(all);
  return all;
}

const std::vector<size_t> kAll = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

}  // namespace

TEST_CASE("Steps take each example of an epoch once, in an order of the seed", "[train]") {
  BatchPlan plan(kUneven, {.batch = 5, .seed = 4});
  CHECK(plan.steps_per_epoch() == 3);
  const auto first = epoch(plan, 0), second = epoch(plan, 1);
  CHECK(first.back().size() == 2);
  CHECK(sorted(first) == kAll);
  CHECK(first != second);
  BatchPlan again(kUneven, {.batch = 5, .seed = 4});
  CHECK(epoch(again, 1) == second);
  BatchPlan in_order(kUneven, {.batch = 5, .shuffle = false});
  CHECK(epoch(in_order, 1)[0] == std::vector<size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("Steps of like length stay within their tokens", "[train]") {
  const TrainOptions options{.batch_tokens = 12, .seed = 4};
  BatchPlan plan(kUneven, options);
  std::set<std::vector<std::vector<size_t>>> epochs;
  for (int number = 0; number < 4; ++number) {
    const auto steps = epoch(plan, number);
    CHECK(sorted(steps) == kAll);
    for (const std::vector<size_t>& step : steps) {
      size_t tokens = 0, least = SIZE_MAX, most = 0;
      for (const size_t example : step) {
        const size_t length = kUneven.all[example];
        tokens += length;
        least = std::min(least, length);
        most = std::max(most, length);
      }
      CHECK((tokens <= 12 || step.size() == 1));
      for (size_t other = 0; other < kUneven.all.size(); ++other)  // nobody of a length between is elsewhere
        if (kUneven.all[other] > least && kUneven.all[other] < most)
          CHECK(std::ranges::find(step, other) != step.end());
    }
    epochs.insert(steps);
  }
  CHECK(epochs.size() > 1);
  BatchPlan again(kUneven, options);
  again.examples(3 * plan.steps_per_epoch());
  CHECK(epoch(again, 1) == epoch(plan, 1));
}

}  // namespace graft
