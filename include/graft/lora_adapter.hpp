// SPDX-License-Identifier: Apache-2.0
//
//   graft::LoRAAdapter adapter(model, {.rank = 16, .alpha = 32, .targets = {"q_proj", "v_proj"}});
//   graft::Trainer(model, adapter).fit(train);
//   adapter.save("support-adapter");
#pragma once

#include <graft/adapter.hpp>

namespace graft::inline v0 {

// How the values of a LoRA adapter begin: at random, or from the matrix itself, with its largest singular values
// (PiSSA, Meng et al. 2024) or its first columns (OLoRA, Büyükakyüz 2024), in either case as no change at all. Those
// two train faster at first, hold a second pair beside the trained one, and are saved as plain LoRA of twice the rank.
enum class LoRAInitial { kaiming, pissa, olora };

struct LoRAOptions {
  int rank = 8;
  float alpha = 16;   // the change is scaled by alpha / rank
  float dropout = 0;  // of the input of the change, while training
  // Modules by the end of their name ("q_proj", "mlp.down_proj", "embed_tokens"). Empty: all linear layers but the
  // head.
  std::vector<std::string> targets = {};
  std::string target_pattern = {};                  // instead: a regular expression for the whole name
  std::vector<std::string> excluded = {};           // by the end of their name
  std::vector<int> layers = {};                     // only in these layers; empty: in all
  std::map<std::string, int> rank_pattern = {};     // another rank for modules whose name ends so
  std::map<std::string, float> alpha_pattern = {};  // another alpha
  bool rank_stabilized = false;                     // scaled by alpha / sqrt(rank) (Kalajdzievski 2023)
  bool dora = false;  // each row of a changed matrix has a trained magnitude (Liu et al. 2024); not of tables
  LoRAInitial initial = LoRAInitial::kaiming;
  float plus_ratio = 1;  // the second matrices learn at so many times the rate (LoRA+, Hayou et al. 2024)
  std::vector<std::string> save_modules = {};  // modules of which the adapter has trained copies, by the end of a name
  TrainedBiases biases = TrainedBiases::none;
  uint64_t seed = 0;  // of the initial values
};

// Low-rank adaptation (Hu et al. 2021), with PEFT's initial values: it begins as no change at all.
class GRAFT_EXPORT LoRAAdapter : public Adapter {
 public:
  // Throws ArgumentError for options out of range, or targets that the model does not have.
  explicit LoRAAdapter(const Model& model, const LoRAOptions& options = {});
};

}  // namespace graft::inline v0
