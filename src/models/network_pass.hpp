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
  const Edits* edits = nullptr;  // of all rows, where a pass has none of its own
  bool saves_rounded = false;    // bf16 for the backward pass also where products are exact
};

// One pass over a batch. Must outlive what a tape records in it.
class NetworkPass {
 public:
  // `edits`: of each sequence of the batch; none: all take the context's.
  NetworkPass(const NetworkContext& context, Batch batch, std::span<const Edits* const> edits = {})
      : network_(context.trunk.transformer),
        saved_(context.saves_rounded || !context.trunk.is_exact(context.precision) ? Dtype::bf16 : Dtype::f32),
        batch_(std::move(batch)),
        edited_(edited_rows(context, batch_, edits)),
        run_{context.lane, context.memory, batch_, context.precision} {
    run_.edits = edited_;
  }
  NetworkPass(const NetworkPass&) = delete;
  NetworkPass& operator=(const NetworkPass&) = delete;

  Run& run() { return run_; }
  // From now on the tape records what the pass does. What it keeps is rounded as the products round, or more.
  void record(Tape& tape, bool training, uint64_t seed, uint64_t step) {
    run_.tape = &tape;
    run_.saved = saved_;
    run_.training = training;
    run_.seed = seed;
    run_.step = step;
  }
  const Batch& batch() const { return batch_; }
  Tensor hidden(const PassOptions& options = {}) { return network_(run_, options); }

 private:
  // Neighbours with the same edits are one range.
  static std::vector<EditedRows> edited_rows(const NetworkContext& context, const Batch& batch,
                                             std::span<const Edits* const> edits) {
    std::vector<EditedRows> ranges;
    for (int i = 0; i < batch.sequences(); ++i) {
      const Edits* of_sequence = edits.empty() ? context.edits : edits[size_t(i)];
      if (!of_sequence) continue;
      const bool goes_on = !ranges.empty() && ranges.back().edits == of_sequence &&
                           ranges.back().first + ranges.back().rows == batch.offsets[size_t(i)];
      if (goes_on)
        ranges.back().rows += batch.length(i);
      else
        ranges.push_back({batch.offsets[size_t(i)], batch.length(i), of_sequence});
    }
    return ranges;
  }

  const Transformer& network_;
  Dtype saved_;
  Batch batch_;
  std::vector<EditedRows> edited_;
  Run run_;
};

}  // namespace graft::inline v0
