// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>

#include "api/call.hpp"
#include "models/network_pass.hpp"

namespace graft::inline v0 {

// One text for a pass that keeps nothing.
struct PassInput {
  std::span<const int32_t> ids;
  std::span<const int32_t> types = {};  // empty: all 0
};

// Computes hidden states of the inputs in batches of a few thousand tokens, and gives each batch to `use`: `first` is
// the number of its first input. Throws ArgumentError for an input that has no token, or more than the context.
void for_each_pass(const Call& call, std::span<const PassInput> inputs,
                   const std::function<void(NetworkPass& pass, const Tensor& hidden, size_t first)>& use);

}  // namespace graft::inline v0
