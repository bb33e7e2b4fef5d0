// SPDX-License-Identifier: Apache-2.0
//
// What training tells of itself, as JSON.
#pragma once

#include "graft/train_report.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

Json json_of(const StepInfo& step);
Json json_of(const Evaluation& evaluation);

}  // namespace graft::inline v0
