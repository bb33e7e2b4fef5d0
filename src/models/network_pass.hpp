// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/trunk.hpp"

namespace graft::inline v0 {

// How passes are made: the network, the caller's way into its backend, and what an adapter adds.
struct NetworkContext {
  const Trunk& trunk;
  const Lane& lane;
  std::shared_ptr<Memory> memory;
  Precision precision = Precision::automatic;
  const Edits* edits = nullptr;  // of all rows
};

// One pass over a batch. Must outlive what a tape records in it.
class NetworkPass {
 public:
  NetworkPass(const NetworkContext& context, Batch batch)
      : network_(context.trunk.transformer),
        batch_(std::move(batch)),
        edited_{0, batch_.rows(), context.edits},
        run_{context.lane, context.memory, batch_, context.precision} {
    if (context.edits) run_.edits = {&edited_, 1};
  }
  NetworkPass(const NetworkPass&) = delete;
  NetworkPass& operator=(const NetworkPass&) = delete;

  Run& run() { return run_; }
  const Batch& batch() const { return batch_; }
  Tensor hidden(const PassOptions& options = {}) { return network_(run_, options); }

 private:
  const Transformer& network_;
  Batch batch_;
  EditedRows edited_;
  Run run_;
};

}  // namespace graft::inline v0
