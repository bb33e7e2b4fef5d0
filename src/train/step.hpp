// SPDX-License-Identifier: Apache-2.0
//
// The loss of some rows of tokens, and its gradient, in micro-batches.
#pragma once

#include <span>

#include "data/pack.hpp"
#include "models/network_pass.hpp"
#include "train/corruption.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

struct StepContext {
  NetworkContext network;
  size_t micro_batch_tokens = 512;
  bool recompute = false;
  float label_smoothing = 0;
  const Corruption* corruption = nullptr;
  uint64_t seed = 0, step = 0;
};

// A row of the data set and its number there, which names it for dropout.
struct NumberedRow {
  const TokenRow* row;
  int64_t number;
};

struct StepLoss {
  double sum = 0;       // of the loss over the trained tokens, or labels
  int64_t trained = 0;  // those
  int64_t tokens = 0;   // all that went through the model
  double mean() const { return sum / double(trained); }
};

// The mean loss over the trained tokens, or labels, of all rows; its gradient is added to `gradients`, or not made when
// null. How the rows are cut into micro-batches does not change it, but for rounding.
StepLoss compute_loss(const StepContext& context, std::span<const NumberedRow> rows, Gradients* gradients);

// An estimate of the bytes that one micro-batch takes with its gradients, the trainable values and moments left out.
size_t activation_bytes(const Trunk& trunk, size_t micro_batch_tokens, Precision precision, bool recompute);

}  // namespace graft::inline v0
