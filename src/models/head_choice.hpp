// SPDX-License-Identifier: Apache-2.0
//
// Labels of a model, and models with another head than the checkpoint's.
#pragma once

#include "graft/load_options.hpp"
#include "models/family.hpp"

namespace graft::inline v0 {

// The names in "id2label", in order; "LABEL_0" and so on where there are none.
std::vector<std::string> label_names(const JsonObject& config, int count);

// The config of the same network with this head. Throws UnsupportedError where the family has none of that kind.
Json with_head(const JsonObject& config, const graft::Head& head);

}  // namespace graft::inline v0
