// SPDX-License-Identifier: Apache-2.0
//
// All three walk down the scores, threshold by threshold.
#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "graft/metrics.hpp"
#include "train/metrics_input.hpp"

namespace graft::inline v0 {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// How many rows of each class have a score of at least a threshold.
struct Counts {
  double ones = 0, zeros = 0;
};

// Calls `visit` at each threshold with the counts there and at the one before; gives those of all rows.
Counts walk(const char* metric, std::span<const int32_t> targets, std::span<const float> scores,
            const std::function<void(const Counts& before, const Counts& now)>& visit) {
  check_rows(metric, targets.size(), scores.size());
  check_targets(metric, targets, 2);
  for (size_t i = 0; i < scores.size(); ++i) check(!std::isnan(scores[i]), metric, ": score ", i, " is not a number");
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  Counts now;
  for (size_t i = 0; i < order.size();) {
    const Counts before = now;
    const float threshold = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == threshold; ++i) ++(targets[order[i]] == 1 ? now.ones : now.zeros);
    visit(before, now);
  }
  return now;
}

}  // namespace

double roc_auc(std::span<const int32_t> targets, std::span<const float> scores) {
  double area = 0;
  const Counts all = walk("roc_auc", targets, scores, [&](const Counts& before, const Counts& now) {
    area += (now.zeros - before.zeros) * (before.ones + now.ones) / 2;
  });
  return all.ones > 0 && all.zeros > 0 ? area / (all.ones * all.zeros) : kUndefined;
}

double pr_auc(std::span<const int32_t> targets, std::span<const float> scores) {
  double area = 0;
  const Counts all = walk("pr_auc", targets, scores, [&](const Counts& before, const Counts& now) {
    area += (now.ones - before.ones) * now.ones / (now.ones + now.zeros);
  });
  return all.ones > 0 ? area / all.ones : kUndefined;
}

double ks_statistic(std::span<const int32_t> targets, std::span<const float> scores) {
  const double ones = double(std::count(targets.begin(), targets.end(), 1)), zeros = double(targets.size()) - ones;
  double largest = 0;
  walk("ks_statistic", targets, scores, [&](const Counts&, const Counts& now) {
    largest = std::max(largest, std::abs(now.ones / ones - now.zeros / zeros));
  });
  return ones > 0 && zeros > 0 ? largest : kUndefined;
}

}  // namespace graft::inline v0
