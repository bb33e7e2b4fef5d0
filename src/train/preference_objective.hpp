// SPDX-License-Identifier: Apache-2.0
//
// The loss of a decoder on pairs of answers: see PreferenceOptions.
#pragma once

#include "graft/train_options.hpp"
#include "models/network_pass.hpp"
#include "train/micro_batch.hpp"
#include "train/objective.hpp"

namespace graft::inline v0 {

// Row 2i is the chosen answer of pair i, row 2i + 1 the rejected one, each behind its prompt.
struct PreferencePairs {
  std::vector<TokenRow> rows;
  std::vector<TokenRow> mismatched = {};  // of each prompt, with the chosen answer of the pair before; kto alone has it
  // Log-likelihoods by the reference model; empty where the loss has none.
  std::vector<double> reference = {}, mismatched_reference = {};

  size_t size() const { return rows.size() / 2; }
};

// `rows` with what the loss needs beside.
PreferencePairs make_pairs(std::vector<TokenRow> rows, const TrainOptions& options);
void add_reference(PreferencePairs& pairs, const NetworkContext& reference, const TrainOptions& options);

class PreferenceObjective final : public Objective {
 public:
  // `edits`: what an adapter adds; null: nothing. All but the options must outlive the object.
  PreferenceObjective(const Trunk& trunk, const PreferencePairs& pairs, const TrainOptions& options,
                      const Edits* edits);

  size_t examples() const override { return pairs_.size(); }
  uint64_t fingerprint() const override;
  StepLoss loss(const LossContext& context, std::span<const size_t> examples, Gradients* gradients) const override;

 private:
  struct Step;
  double divergence(const NetworkContext& network, std::span<const size_t> examples) const;
  void add_pairs(Step& step, std::span<const size_t> examples) const;

  const Trunk& trunk_;
  const PreferencePairs& pairs_;
  const Edits* edits_;
  PreferenceOptions options_;
  Precision precision_;
  size_t micro_batch_tokens_;
  bool recompute_, saves_rounded_;
};

}  // namespace graft::inline v0
