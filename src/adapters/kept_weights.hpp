// SPDX-License-Identifier: Apache-2.0
//
// Weights that an adapter has as a whole: modules that it trains copies of, a new head above all, and biases.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter_tensor.hpp"
#include "adapters/targets.hpp"

namespace graft::inline v0 {

// Whose biases are trained: nobody's, all of the model's, or those of the targets.
enum class TrainedBias { none, all, targets };

struct KeptConfig {
  std::vector<std::string> modules = {};  // by the end of a module's name, with what is in it
  TrainedBias bias = TrainedBias::none;
};

// PEFT's "modules_to_save" and "bias".
KeptConfig read_kept(const JsonObject& json);
void write_kept(const KeptConfig& config, Json& json);

// The modules of weights that were drawn anew when the model was loaded: without them an adapter would be worth
// nothing.
std::vector<std::string> drawn_modules(const Trunk& trunk);

class KeptWeights {
 public:
  KeptWeights() = default;
  // Throws ArgumentError when none of the modules exists, UnsupportedError for one that is tied to another.
  KeptWeights(const Trunk& trunk, const KeptConfig& config, const std::vector<Target>& targets);

  void replace_in(Edits& edits) const;
  // What is trained, under PEFT's names.
  void list(std::vector<AdapterTensor>& tensors) const;
  // Brings the packed forms up to date.
  void repack(const Lane& lane) const;
  // The same with values of their own.
  KeptWeights copy(const std::shared_ptr<Memory>& memory) const;

 private:
  struct Entry {
    std::shared_ptr<Weight> own;
    std::string name;  // PEFT's
    Layout layout;     // in its file
  };
  std::vector<Entry> entries_;
};

}  // namespace graft::inline v0
