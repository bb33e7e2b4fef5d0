// SPDX-License-Identifier: Apache-2.0
//
//   graft::AdaLoRAAdapter adapter(model, {.initial_rank = 12, .target_rank = 8});
//   graft::Trainer(model, adapter).fit(train);
//   for (const auto& [module, rank] : adapter.ranks()) …
#pragma once

#include <graft/adapter.hpp>

namespace graft::inline v0 {

// The ranks are decided over the steps of the first run that comes to its end; later runs keep them.
struct AdaLoRAOptions {
  int initial_rank = 12, target_rank = 8;  // of each matrix; the target is the mean of what is left
  float alpha = 16;                        // the change is scaled by alpha / initial_rank
  float dropout = 0;                       // of the input of the change, while training
  // As of LoRAOptions:
  std::vector<std::string> targets = {};
  std::string target_pattern = {};
  std::vector<std::string> excluded = {};
  std::vector<int> layers = {};
  std::vector<std::string> save_modules = {};
  TrainedBiases biases = TrainedBiases::none;
  // Steps with all ranks at first, and with those that are left at the end; below 0: a tenth and three tenths of all.
  int warmup_steps = -1, final_steps = -1;
  int interval = 1;                    // steps between two decisions
  float beta1 = 0.85f, beta2 = 0.85f;  // of the averages of importance and of its strays
  float orthogonality = 0.5f;          // weight of the regulariser that keeps the vectors orthonormal
  uint64_t seed = 0;                   // of the initial values
};

// Low-rank adaptation that finds out where ranks are worth most (Zhang et al. 2023): the Trainer scores every singular
// value and takes away those that matter least, over all matrices together. A matrix may be left with rank 0.
class GRAFT_EXPORT AdaLoRAAdapter : public Adapter {
 public:
  // Throws ArgumentError for options out of range, or targets that the model does not have.
  explicit AdaLoRAAdapter(const Model& model, const AdaLoRAOptions& options = {});
};

}  // namespace graft::inline v0
