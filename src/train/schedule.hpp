// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "graft/train_options.hpp"

namespace graft::inline v0 {

// The learning rate of a run of `steps` steps, of which `warmup` warm up.
struct RateSchedule {
  Schedule kind = Schedule::constant;
  ScheduleOptions options = {};
  int warmup = 0, steps = 1;

  // The share of the learning rate that step `step`, from 0, takes.
  double factor(int step) const;
};

// What reduce_on_plateau has made of the rate after these evaluations.
double plateau_factor(const ScheduleOptions& options, std::span<const Evaluation> evaluations);

}  // namespace graft::inline v0
