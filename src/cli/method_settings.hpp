// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/setting.hpp"
#include "cli/settings.hpp"

namespace graft::inline v0 {

// The options of the chosen method; none of those that train the model itself.
std::vector<Setting> method_settings(TrainSettings& settings);

}  // namespace graft::inline v0
