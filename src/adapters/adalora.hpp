// SPDX-License-Identifier: Apache-2.0
//
// Adaptive budget allocation (AdaLoRA, Zhang et al. 2023): an update up · diag(e) · down as a singular value
// decomposition would have it, of which training keeps the parts that matter most, over all matrices together.
#pragma once

#include "adapters/importance.hpp"
#include "adapters/method.hpp"

namespace graft::inline v0 {

struct AdaLoraConfig {
  TargetChoice targets = {};
  KeptConfig kept = {};
  float alpha = 16;
  float dropout = 0;
  int initial_rank = 12, target_rank = 8;  // of each matrix, the target on average
  // Steps with all ranks at first, and with those that are left at the end; a share of all steps where below 0.
  int warmup_steps = -1, final_steps = -1;
  int interval = 1;  // steps between two decisions
  float beta1 = 0.85f, beta2 = 0.85f;
  float orthogonality = 0.5f;  // weight of the regulariser
  int total_steps = 0;         // of the run that decides; 0: none was begun
  // The parts that are left of each target, from a folder; empty: all.
  std::map<std::string, std::vector<bool>> rank_pattern = {};
};

class AdaLora final : public Method {
 public:
  static std::unique_ptr<AdaLora> create(const Trunk& trunk, const AdaLoraConfig& config, uint64_t seed);
  static std::unique_ptr<Method> from_peft(const JsonObject& json, const Trunk& trunk);

  std::unique_ptr<Method> copy() const override;
  void lower(const Trunk& trunk, const Lane& lane) override;
  std::vector<NamedTensor> running() const override;
  std::vector<Tensor> lowered() const override;
  void pull(Gradients& gradients) const override;
  void regularise(const Lane& lane, Gradients& gradients) const override;
  void begin(int steps) override;
  void finish_step(const Gradients& gradients, float gradient_scale, int step) override;
  std::map<std::string, int> ranks() const override;
  Json config() const override;
  std::vector<AdapterTensor> stored() const override;
  void read(const Reader& reader) override;

  // The regulariser at the present values: the mean distance of all factors from orthonormal ones, times its weight.
  double regulariser(const Lane& lane) const;
  // The ranks that all matrices together may have after a step.
  int budget(int step) const;

 private:
  struct Part {
    Tensor down, values, up;  // rank × inputs, rank × 1, outputs × rank: trained
    Tensor lowered;           // diag(values) · down
    Tensor mask;              // rank × 1: 0 where the last decision took the value away
    Importance of_down, of_values, of_up;
  };

  AdaLora(const Trunk& trunk, const AdaLoraConfig& config);
  bool decides(int step) const;
  void allocate(int budget);
  void apply_masks();
  AdapterTensor kept_part(const AdapterTensor& tensor, const Tensor& mask) const;
  std::vector<AdapterTensor> factors() const override;
  Edits made_edits() const override;

  AdaLoraConfig config_;
  bool is_settled_ = false;  // the ranks are decided; later runs keep them
  int warmup_ = 0, final_ = 0;
  std::vector<Part> parts_;  // of the targets
};

}  // namespace graft::inline v0
