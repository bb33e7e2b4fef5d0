// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "nn/config.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

// Where a config speaks of rotary positions: "rope_parameters", "rope_scaling", or the config itself.
JsonObject rotary_settings(const JsonObject& json);
// Of the layers with full attention, where others have their own.
double rotary_base(const JsonObject& json);

// The "rope_scaling" of kind llama3 that divides the frequencies by these factors. Throws UnsupportedError when there
// is none.
Json llama3_scaling(std::span<const float> factors, std::span<const float> frequencies);

}  // namespace graft::inline v0
