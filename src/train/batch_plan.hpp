// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/pack.hpp"
#include "graft/train_options.hpp"
#include "train/objective.hpp"

namespace graft::inline v0 {

// Which examples each step takes. It depends on the seed and the step alone, so a resumed run goes on as it would have.
class BatchPlan {
 public:
  // The objective must outlive the object.
  BatchPlan(const Objective& objective, const TrainOptions& options);

  int steps_per_epoch() const { return steps_; }
  // Steps count from 0 over all epochs; valid until the next call.
  std::span<const size_t> examples(int step);

 private:
  void begin_epoch(int epoch);

  const Objective& objective_;
  size_t batch_, batch_tokens_;
  uint64_t seed_;
  bool shuffles_;
  int steps_ = 0, epoch_ = -1;
  std::vector<size_t> order_;     // of the examples in the epoch
  std::vector<RowRange> ranges_;  // of the order: the steps
};

}  // namespace graft::inline v0
