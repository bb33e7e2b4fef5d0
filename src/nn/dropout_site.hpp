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

// Names a place of each layer for random numbers, apart from the sites of adapters. The layers of a decoder behind an
// encoder are numbered behind those of any encoder.
class DropoutSite {
 public:
  DropoutSite(const StackConfig& stack, DropoutPlace place)
      : first_(kDropoutSites + (stack.crosses ? kDecoder * kPlaces : 0) + int(place)) {}
  int in_layer(int layer) const { return first_ + kPlaces * layer; }

 private:
  static constexpr int kPlaces = int(DropoutPlace::count), kDecoder = 1 << 16;
  int first_;
};

}  // namespace graft::inline v0
