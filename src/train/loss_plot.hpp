// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graft/train_report.hpp"

namespace graft::inline v0 {

// The loss of each step, and of the evaluations, as an SVG picture.
std::string loss_plot(const TrainReport& report);

}  // namespace graft::inline v0
