// SPDX-License-Identifier: Apache-2.0
//
// The loss of a transformer on rows of tokens, computed in micro-batches.
#pragma once

#include "data/pack.hpp"
#include "graft/train_options.hpp"
#include "models/network_pass.hpp"
#include "train/corruption.hpp"
#include "train/objective.hpp"
#include "train/teacher.hpp"

namespace graft::inline v0 {

// The mean is over the trained tokens, or labels. How rows are cut into micro-batches does not change it, but for
// rounding.
class TokenObjective final : public Objective {
 public:
  struct Parts {
    const Edits* edits = nullptr;               // what an adapter adds; null: nothing
    const Corruption* corruption = nullptr;     // anew each step; null: none
    const NetworkContext* generator = nullptr;  // of tokens that replace others; null: random ones
    const Teacher* teacher = nullptr;           // while something is learned; null: none
    HeadConfig::Rows embedding = HeadConfig::Rows::all;
  };
  // All but the options must outlive the object.
  TokenObjective(const Trunk& trunk, std::span<const TokenRow> rows, const TrainOptions& options, const Parts& parts);

  size_t examples() const override { return rows_.size(); }
  std::vector<size_t> lengths() const override;
  uint64_t fingerprint() const override;
  StepLoss loss(const LossContext& context, std::span<const size_t> examples, Gradients* gradients) const override;

 private:
  std::vector<TokenRow> corrupted(std::span<const size_t> examples, uint64_t seed, uint64_t step) const;

  const Trunk& trunk_;
  std::span<const TokenRow> rows_;
  Parts parts_;
  Precision precision_;
  size_t micro_batch_tokens_;
  bool recompute_, saves_rounded_;
  float label_smoothing_, temperature_;
};

// An estimate of the bytes that one micro-batch takes with its gradients, the trainable values and moments left out.
size_t activation_bytes(const Trunk& trunk, size_t micro_batch_tokens, const TrainOptions& options);

}  // namespace graft::inline v0
