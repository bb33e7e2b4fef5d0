// SPDX-License-Identifier: Apache-2.0
//
// What every kind of model golden needs: the packed batch, and passes over it in float32.
#pragma once

#include "cli/verify_comparison.hpp"
#include "models/trunk.hpp"

namespace graft::inline v0 {

// A trunk and the batch of a golden file: "ids" cut by "offsets".
class GoldenModel {
 public:
  GoldenModel(std::unique_ptr<Trunk> trunk, const Goldens& goldens);

  Trunk& trunk() { return *trunk_; }
  const Lane& lane() const { return lane_; }
  const std::shared_ptr<Memory>& memory() const { return memory_; }
  const std::vector<std::vector<int32_t>>& sequences() const { return sequences_; }

  // Logits of all tokens.
  Tensor logits(const Edits* edits = nullptr, const Observer* observer = nullptr) const;
  // The mean loss of the next tokens by "labels", with gradients where they are wanted.
  float loss(const Edits* edits = nullptr, Gradients* gradients = nullptr) const;
  // Logits of the last token of each sequence.
  Tensor next_logits(std::span<const std::vector<int32_t>> sequences) const;
  // The likeliest `count` tokens after each sequence, one by one with a cache.
  std::vector<int64_t> greedy(int count) const;

 private:
  Run run(const Batch& batch) const { return Run{lane_, memory_, batch, Precision::f32}; }

  std::unique_ptr<Trunk> trunk_;
  Lane lane_;
  std::shared_ptr<Memory> memory_ = Memory::create();
  std::vector<std::vector<int32_t>> sequences_;
  Batch batch_;
  Targets targets_;
};

std::vector<std::vector<int32_t>> golden_sequences(const Goldens& goldens);

// "base" of goldens.json, which stands beside one of the folder's parents.
std::filesystem::path find_base(const std::filesystem::path& folder, const Goldens& goldens);

}  // namespace graft::inline v0
