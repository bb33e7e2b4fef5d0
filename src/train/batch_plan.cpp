// SPDX-License-Identifier: Apache-2.0
#include "train/batch_plan.hpp"

#include <algorithm>
#include <numeric>

#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

constexpr uint64_t kOrderOfSteps = uint64_t{1} << 32;  // a stream of random numbers behind those of the epochs

std::vector<RowRange> equal_ranges(size_t examples, size_t batch) {
  std::vector<RowRange> ranges;
  for (size_t begin = 0; begin < examples; begin += batch) ranges.push_back({begin, std::min(begin + batch, examples)});
  return ranges;
}

}  // namespace

BatchPlan::BatchPlan(const Objective& objective, const TrainOptions& options)
    : objective_(objective),
      batch_(size_t(options.batch)),
      batch_tokens_(size_t(options.batch_tokens)),
      seed_(options.seed),
      shuffles_(options.shuffle) {
  begin_epoch(0);
  check(ranges_.size() <= INT32_MAX, "TrainOptions: batch: ", ranges_.size(), " steps an epoch, expected at most ",
        INT32_MAX);
  steps_ = int(ranges_.size());
}

// By length, neighbours are as long as each other, and an epoch has the same number of steps whatever its order.
void BatchPlan::begin_epoch(int epoch) {
  const size_t count = objective_.examples();
  epoch_ = epoch;
  if (shuffles_) {
    order_ = permutation(count, seed_, uint64_t(epoch));
  } else {
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), size_t{0});
  }
  if (batch_tokens_ == 0) {
    if (ranges_.empty()) ranges_ = equal_ranges(count, batch_);
    return;
  }
  const std::vector<size_t> lengths = objective_.lengths();
  std::ranges::stable_sort(order_, {}, [&](size_t example) { return lengths[example]; });
  std::vector<size_t> sorted;
  for (const size_t example : order_) sorted.push_back(lengths[example]);
  const std::vector<RowRange> groups = pack(sorted, batch_tokens_);
  ranges_.clear();
  if (!shuffles_) {
    ranges_ = groups;
    return;
  }
  for (const size_t group : permutation(groups.size(), seed_, kOrderOfSteps + uint64_t(epoch)))
    ranges_.push_back(groups[group]);
}

std::span<const size_t> BatchPlan::examples(int step) {
  if (const int epoch = step / steps_; epoch != epoch_) begin_epoch(epoch);
  const RowRange range = ranges_[size_t(step % steps_)];
  return std::span(order_).subspan(range.begin, range.end - range.begin);
}

}  // namespace graft::inline v0
