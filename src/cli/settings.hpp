// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "graft/adalora_adapter.hpp"
#include "graft/lora_adapter.hpp"
#include "graft/prompt_adapters.hpp"
#include "graft/train_options.hpp"
#include "graft/vector_adapters.hpp"

namespace graft::inline v0 {

// What `graft train --method` takes.
enum class TrainMethod { lora, dora, adalora, ia3, vera, prefix, prompt, bitfit, full };

struct TrainSettings {
  TrainMethod method = TrainMethod::lora;
  TrainOptions train = {};
  LoRAOptions lora = {};
  AdaLoRAOptions adalora = {};
  IA3Options ia3 = {};
  VeRAOptions vera = {};
  VirtualTokenOptions virtual_tokens = {};  // of prefix and prompt
};

// Sets options by their names in TrainOptions and the options of the method: "epochs=3", "targets=q_proj,v_proj".
// Throws ArgumentError that lists the names for one that there is not.
void apply_settings(TrainSettings& settings, const std::vector<std::string>& assignments);
// The same from a JSON file that holds one object.
void apply_settings_file(TrainSettings& settings, const std::string& path);
// All names with their values, one a line: those of training, or those of a method.
std::string describe_settings(const TrainSettings& settings);
std::string describe_method(const TrainSettings& settings);

}  // namespace graft::inline v0
