// SPDX-License-Identifier: Apache-2.0
//
// Low-rank adaptation (Hu et al. 2021): pairs of small matrices beside some of the model's. With ranks by pattern,
// scaled by the root of the rank (Kalajdzievski 2023), with magnitudes (DoRA, Liu et al. 2024), and beginning from the
// matrix itself (PiSSA, Meng et al. 2024; OLoRA, Büyükakyüz 2024).
#pragma once

#include <optional>

#include "adapters/dora.hpp"
#include "adapters/method.hpp"

namespace graft::inline v0 {

enum class LoraInitial { kaiming, pissa, olora };

// What PEFT's adapter_config.json says of it.
struct LoraConfig {
  TargetChoice targets = {};
  KeptConfig kept = {};
  int rank = 8;
  float alpha = 16;
  float dropout = 0;
  bool rank_stabilized = false;
  bool dora = false;
  LoraInitial initial = LoraInitial::kaiming;
  std::map<std::string, int> rank_pattern = {};
  std::map<std::string, float> alpha_pattern = {};
  float plus_ratio = 1;  // the rate of `up` is so many times that of `down` (LoRA+, Hayou et al. 2024)
};

class Lora final : public Method {
 public:
  // Draws initial values: no change at all.
  static std::unique_ptr<Lora> create(const Trunk& trunk, const LoraConfig& config, uint64_t seed);
  // For values that will be read.
  static std::unique_ptr<Method> from_peft(const JsonObject& json, const Trunk& trunk);
  // Whatever edits low-rank updates, and nothing else, as LoRA. Throws UnsupportedError where there is more.
  static std::unique_ptr<Lora> of(const Method& method, const Trunk& trunk);
  // The given updates of matrices, by the checkpoint's names.
  static std::unique_ptr<Lora> from_pairs(const std::map<std::string, LowRank>& pairs, const Trunk& trunk);

  std::unique_ptr<Method> copy() const override;
  void lower(const Trunk& trunk, const Lane& lane) override;
  std::vector<Tensor> lowered() const override;
  void pull(Gradients& gradients) const override;
  std::vector<ParameterGroup> groups(float learning_rate) const override;
  std::map<std::string, int> ranks() const override;
  Json config() const override;
  std::vector<AdapterTensor> stored() const override;
  void read(const Reader& reader) override;

 private:
  // The pair of a target. Where it begins from the matrix itself, its first values are taken off again, so that passes
  // read a pair of twice the rank: up · down − first_up · first_down.
  struct Pair {
    Tensor down, up;  // rank × inputs (of a table: inputs × rank), outputs × rank
    float scale = 1;
    std::optional<Dora> dora = {};
    Tensor first_down = {}, first_up = {};
    Tensor lowered_down = {}, lowered_up = {};
  };

  Lora(const Trunk& trunk, const LoraConfig& config);
  void draw(uint64_t seed);
  bool begins_from_matrix() const { return config_.initial != LoraInitial::kaiming; }
  AdapterTensor factor(size_t index, bool is_up, const Tensor& value) const;
  std::vector<AdapterTensor> pairs(Tensor Pair::*down, Tensor Pair::*up) const;
  std::vector<AdapterTensor> factors() const override;
  Edits made_edits() const override;

  LoraConfig config_;
  std::vector<Pair> pairs_;  // of the targets
};

}  // namespace graft::inline v0
