// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/config.hpp"
#include "tensor/run.hpp"

namespace graft::inline v0 {

// The places of a layer where something is dropped while training; the embedding is that of layer 0.
enum class DropoutPlace {
  embedding,
  attention_branch,
  mlp_branch,
  cross_branch,
  probabilities,
  cross_probabilities,
  count
};

// Names a place for random numbers, apart from the sites of adapters. The layers of a decoder behind an encoder are
// numbered behind those of any encoder.
inline int dropout_site(const StackConfig& stack, int layer, DropoutPlace place) {
  constexpr int kDecoder = 1 << 16;
  return kDropoutSites + int(DropoutPlace::count) * (layer + (stack.crosses ? kDecoder : 0)) + int(place);
}

}  // namespace graft::inline v0
