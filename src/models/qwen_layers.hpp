// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/config.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

// The windows of Qwen's layers: "use_sliding_window", "sliding_window", "max_window_layers", "layer_types".
void read_qwen_layers(const JsonObject& json, StackConfig& stack);

}  // namespace graft::inline v0
