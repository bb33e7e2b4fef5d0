// SPDX-License-Identifier: Apache-2.0
//
//   graft::LoRAAdapter adapter(model, {.rank = 16, .alpha = 32, .targets = {"q_proj", "v_proj"}});
//   graft::Trainer(model, adapter).fit(train);
//   adapter.save("support-adapter");
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

class Model;

// A small change to a model, kept beside it: a value that is passed to calls, never a state of the model. A handle:
// copies are the same adapter. Many threads may use it at once, also while it is being trained: they see the values of
// the last finished step when their call begins.
class GRAFT_EXPORT Adapter {
 public:
  // Any adapter that PEFT saved and this version knows. Throws FileError when it does not fit the model,
  // UnsupportedError for other methods.
  static Adapter load(const std::filesystem::path& folder, const Model& model);

  // Writes adapter_config.json and adapter_model.safetensors, which PEFT loads.
  void save(const std::filesystem::path& folder) const;

  int64_t parameters() const;               // trainable values
  std::vector<std::string> sites() const;   // the matrices that it changes, by the checkpoint's names

  struct State;
  explicit Adapter(std::shared_ptr<State> state) : state_(std::move(state)) {}
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

struct LoRAOptions {
  int rank = 8;
  float alpha = 16;             // the change is scaled by alpha / rank
  float dropout = 0;            // of the input of the change, while training
  // Modules by the end of their name ("q_proj", "mlp.down_proj"). Empty: all linear layers but the head.
  std::vector<std::string> targets = {};
  std::string target_pattern = {};              // instead: a regular expression for the whole name
  std::vector<std::string> excluded = {};       // by the end of their name
  std::vector<int> layers = {};                 // only in these layers; empty: in all
  std::map<std::string, int> rank_pattern = {};     // another rank for modules whose name ends so
  std::map<std::string, float> alpha_pattern = {};  // another alpha
  bool rank_stabilized = false;  // scaled by alpha / sqrt(rank) (Kalajdzievski 2023)
  uint64_t seed = 0;             // of the initial values
};

// Low-rank adaptation (Hu et al. 2021), with PEFT's initial values: it begins as no change at all.
class GRAFT_EXPORT LoRAAdapter : public Adapter {
 public:
  // Throws ArgumentError for options out of range, or targets that the model does not have.
  explicit LoRAAdapter(const Model& model, const LoRAOptions& options = {});
};

}  // namespace graft::inline v0
