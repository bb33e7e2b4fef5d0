// SPDX-License-Identifier: Apache-2.0
//
// What the blocks of one pass through a stack share.
#pragma once

#include "ops/experts.hpp"
#include "ops/ops.hpp"

namespace graft::inline v0 {

// The hidden states of an encoder's sequences, which a decoder attends to. The keys and values that each layer makes of
// them are kept, so that decoding makes them once; a pass that is recorded makes them anew.
struct Encoded {
  std::shared_ptr<const Batch> batch;
  std::vector<EditedRows> edits;  // of its rows
  Tensor hidden;
  struct KeysAndValues {
    Tensor k, v;
  };
  std::vector<KeysAndValues> layers;

  // The given sequences in that order; one may come several times.
  Encoded select(Run& run, std::span<const int> sequences) const;
};

struct StackPass {
  AttentionKind kind = AttentionKind::self;
  int layer = 0;
  std::vector<RotaryTable> rotary = {};
  ScoreBias bias = {};             // by distance; the same in all layers
  Tensor relative_embedding = {};  // of disentangled attention, its norm applied
  Encoded* encoded = nullptr;
  std::vector<Routing>* routings = nullptr;  // where each layer of experts adds its choices
};

}  // namespace graft::inline v0
