// SPDX-License-Identifier: Apache-2.0
//
// Optimizers and schedules as the JSON of goldens has them: with the names and arguments of torch and transformers.
#pragma once

#include "support/json.hpp"
#include "train/schedule.hpp"

namespace graft::inline v0 {

OptimizerOptions read_optimizer(const JsonObject& json);

struct BaseSchedule {
  RateSchedule schedule;
  double rate = 0;
};
// Throws UnsupportedError for a name that there is not.
BaseSchedule read_schedule(const JsonObject& json);

}  // namespace graft::inline v0
