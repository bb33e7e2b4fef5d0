// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/method.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// What a run changes that trains an adapter beside a trunk. All three must outlive the result.
Trainable trainable_of(Method& method, const Trunk& trunk, const Lane& lane);

}  // namespace graft::inline v0
