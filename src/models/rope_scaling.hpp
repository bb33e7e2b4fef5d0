// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/config.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

// Sets the rotary frequencies of a config from "rope_theta" and "rope_scaling" (transformers 4) or "rope_parameters"
// (transformers 5); head_width and context must be set. Kinds: default, linear, dynamic, llama3, yarn.
void configure_rotary(const JsonObject& json, TransformerConfig& config);

}  // namespace graft::v0
