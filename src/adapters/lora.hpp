// SPDX-License-Identifier: Apache-2.0
//
// Low-rank adaptation (Hu et al. 2021): pairs of small matrices beside some of the model's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/trunk.hpp"

namespace graft::inline v0 {

// What PEFT's adapter_config.json says of it.
struct LoraConfig {
  int rank = 8;
  float alpha = 16;
  float dropout = 0;
  bool rank_stabilized = false;
  std::vector<std::string> targets = {};  // by the end of a module's name
  std::string target_pattern = {};        // or a regular expression; "all-linear"
  std::vector<std::string> excluded = {};
  std::vector<int> layers = {};           // empty: all
  std::string layers_pattern = {};        // the name before the layer's number; empty: any
  std::map<std::string, int> rank_pattern = {};
  std::map<std::string, float> alpha_pattern = {};
};

struct LoraSite {
  std::string name;  // "model.layers.0.self_attn.q_proj"
  int site = 0;      // its index in the model
  LowRank low_rank;
};

class Lora {
 public:
  // PEFT's initial values: down uniform as Kaiming with a = √5, up zero.
  static Lora create(const Trunk& trunk, LoraConfig config, uint64_t seed);
  // Uninitialised values of the right shapes.
  static Lora shaped(const Trunk& trunk, LoraConfig config);

  const LoraConfig& config() const { return config_; }
  const std::vector<LoraSite>& sites() const { return sites_; }
  const Edits& edits() const { return edits_; }
  // One with values of its own.
  Lora copy() const;
  // The same for values that change no more, so that passes share their packed form.
  Lora snapshot() const;

 private:
  Lora(LoraConfig config, std::vector<LoraSite> sites, size_t site_count);

  LoraConfig config_;
  std::vector<LoraSite> sites_;
  Edits edits_;
};

// The sites of the model that a config chooses. Throws ArgumentError that names a target that no module has.
std::vector<int> find_targets(const Trunk& trunk, const LoraConfig& config);
// The rank and alpha of one site, by the config's patterns.
int rank_of(const LoraConfig& config, const std::string& site);
float alpha_of(const LoraConfig& config, const std::string& site);

// Adds each site's change to its matrix; the originals are returned, by site. Quantised matrices become bf16, or f32
// when `exact`, as bf16 ones then do.
struct MergedWeight {
  Weight* weight;
  Weight original;
};
std::vector<MergedWeight> merge(const Lora& lora, Trunk& trunk, bool exact);

// A PEFT folder: adapter_config.json and adapter_model.safetensors.
Lora load_peft(const std::filesystem::path& folder, const Trunk& trunk);
void save_peft(const Lora& lora, const std::filesystem::path& folder, const std::string& base);

}  // namespace graft::inline v0
