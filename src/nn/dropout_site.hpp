// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/run.hpp"

namespace graft::inline v0 {

// The places of a layer where something is dropped while training.
enum class DropoutPlace { attention_branch, mlp_branch, cross_branch, probabilities, cross_probabilities, count };

// Names a place for random numbers, apart from the sites of adapters.
inline int dropout_site(int layer, DropoutPlace place) {
  return kDropoutSites + int(DropoutPlace::count) * layer + int(place);
}

}  // namespace graft::inline v0
