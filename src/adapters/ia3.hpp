// SPDX-License-Identifier: Apache-2.0
//
// Gains of activations (IA³, Liu et al. 2022): of the outputs of keys and values, and of what the last layer of an MLP
// reads.
#pragma once

#include "adapters/method.hpp"

namespace graft::inline v0 {

struct Ia3Config {
  TargetChoice targets = {};
  std::vector<std::string> feedforward = {};  // those targets whose inputs have the gains, by the end of their names
  KeptConfig kept = {};
};

// The modules of the network that keys, values and the end of MLPs are; those of the checkpoint's own fused matrices
// where it has them.
Ia3Config usual_ia3(const Trunk& trunk);

class Ia3 final : public Method {
 public:
  // Gains of 1: no change at all.
  Ia3(const Trunk& trunk, const Ia3Config& config);
  static std::unique_ptr<Method> from_peft(const JsonObject& json, const Trunk& trunk);

  std::unique_ptr<Method> copy() const override;
  Json config() const override;

 private:
  bool is_feedforward(const Target& target) const;
  std::vector<AdapterTensor> factors() const override;
  Edits made_edits() const override;

  Ia3Config config_;
  std::vector<Tensor> gains_;  // of the targets
};

}  // namespace graft::inline v0
