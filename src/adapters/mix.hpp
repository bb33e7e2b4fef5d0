// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "adapters/lora.hpp"
#include "graft/mix_adapters.hpp"

namespace graft::inline v0 {

// As mix_adapters promises.
std::unique_ptr<Lora> mix(std::span<const Method* const> methods, const MixOptions& options, const Trunk& trunk);

}  // namespace graft::inline v0
