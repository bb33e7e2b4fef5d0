// SPDX-License-Identifier: Apache-2.0
//
// Vector-based random matrix adaptation (Kopiczko et al. 2024): all targets share two random matrices that stay, of
// which each reads a corner, between two trained vectors: up = b ⊙ B, down = d ⊙ A.
#pragma once

#include "adapters/method.hpp"

namespace graft::inline v0 {

struct VeraConfig {
  TargetChoice targets = {};
  KeptConfig kept = {};
  int rank = 256;
  float dropout = 0;
  float initial = 0.1f;  // of d; b begins as 0, so that there is no change at all
  uint64_t seed = 0;     // of the random matrices, which are those of PEFT
};

class Vera final : public Method {
 public:
  Vera(const Trunk& trunk, const VeraConfig& config);
  static std::unique_ptr<Method> from_peft(const JsonObject& json, const Trunk& trunk);

  std::unique_ptr<Method> copy() const override;
  void lower(const Trunk& trunk, const Lane& lane) override;
  std::vector<AdapterTensor> fixed() const override;
  std::vector<Tensor> lowered() const override;
  void pull(Gradients& gradients) const override;
  std::map<std::string, int> ranks() const override;
  Json config() const override;
  void read(const Reader& reader) override;

 private:
  struct Part {
    Tensor b, d;      // 1 × outputs, 1 × rank: trained
    Tensor down, up;  // what passes read
  };
  std::vector<AdapterTensor> factors() const override;
  Edits made_edits() const override;

  VeraConfig config_;
  bool has_stored_matrices_ = true;  // in the folder that it is read from
  Tensor shared_down_, shared_up_;   // rank × most inputs, most outputs × rank
  std::vector<Part> parts_;          // of the targets
};

}  // namespace graft::inline v0
