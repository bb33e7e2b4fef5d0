// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "graft/train_options.hpp"

namespace graft::inline v0 {

// The share of the learning rate that step `step` (from 0) takes. The first of `warmup` steps has rate 0.
inline double schedule_factor(Schedule schedule, int step, int warmup, int steps) {
  if (step < warmup) return double(step) / warmup;
  if (schedule == Schedule::inverse_sqrt) return std::sqrt(double(std::max(1, warmup)) / double(std::max(1, step)));
  const double progress = double(step - warmup) / std::max(1, steps - warmup);
  switch (schedule) {
    case Schedule::constant:
    case Schedule::inverse_sqrt:
      return 1;
    case Schedule::linear:
      return std::max(0.0, 1 - progress);
    case Schedule::cosine:
      return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * progress)));
  }
  return 1;
}

}  // namespace graft::inline v0
