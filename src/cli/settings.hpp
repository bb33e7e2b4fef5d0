// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "graft/lora_adapter.hpp"
#include "graft/train_options.hpp"

namespace graft::inline v0 {

struct TrainSettings {
  TrainOptions train;
  LoRAOptions lora;
};

// Sets options by their names in TrainOptions and LoRAOptions: "epochs=3", "targets=q_proj,v_proj". Throws
// ArgumentError that lists the names for one that there is not.
void apply_settings(TrainSettings& settings, const std::vector<std::string>& assignments);
// The same from a JSON file that holds one object.
void apply_settings_file(TrainSettings& settings, const std::string& path);
// All names with their values, one a line.
std::string describe_settings(const TrainSettings& settings);

}  // namespace graft::inline v0
