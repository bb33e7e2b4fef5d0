// SPDX-License-Identifier: Apache-2.0
//
// Adapters that train vectors only: a thousandth of LoRA's values.
//
//   graft::IA3Adapter adapter(model);
//   graft::Trainer(model, adapter, {.learning_rate = 3e-3f}).fit(train);
#pragma once

#include <graft/adapter.hpp>

namespace graft::inline v0 {

struct IA3Options {
  // Modules by the end of their name. Empty: keys, values and the last layers of MLPs, the latter as feedforward.
  std::vector<std::string> targets = {};
  std::vector<std::string> feedforward = {};  // those of the targets whose inputs have the gains, not their outputs
  std::vector<std::string> excluded = {};
  std::vector<std::string> save_modules = {};  // as of LoRAOptions
};

// A gain for each activation (Liu et al. 2022).
class GRAFT_EXPORT IA3Adapter : public Adapter {
 public:
  // Throws ArgumentError for targets that the model does not have.
  explicit IA3Adapter(const Model& model, const IA3Options& options = {});
};

struct VeRAOptions {
  int rank = 256;
  float dropout = 0;  // of the input of the change, while training
  // As of LoRAOptions:
  std::vector<std::string> targets = {};
  std::string target_pattern = {};
  std::vector<std::string> excluded = {};
  std::vector<int> layers = {};
  std::vector<std::string> save_modules = {};
  TrainedBiases biases = TrainedBiases::none;
  float initial = 0.1f;  // of the inner vectors; the outer ones begin as 0
  uint64_t seed = 0;     // of the random matrices
};

// Two vectors a matrix, around a pair of random matrices that all share (Kopiczko et al. 2024).
class GRAFT_EXPORT VeRAAdapter : public Adapter {
 public:
  // Throws ArgumentError for options out of range, or targets that the model does not have.
  explicit VeRAAdapter(const Model& model, const VeRAOptions& options = {});
};

}  // namespace graft::inline v0
