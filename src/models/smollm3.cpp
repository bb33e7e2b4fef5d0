// SPDX-License-Identifier: Apache-2.0
//
// SmolLM3 (Bakouch et al. 2025): Llama with layers that have no rotary positions (Yang et al. 2025).
#include "models/llama_names.hpp"
#include "models/qwen_layers.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kDefaultInterval = 4;  // every fourth layer has none

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  std::vector<LayerConfig>& layers = config.stack.layers;
  const int64_t interval = json.integer_or("no_rope_layer_interval", kDefaultInterval, 1, 1 << 12);
  const Json* has_rotary = json.find("no_rope_layers");
  if (has_rotary && (!has_rotary->is_array() || has_rotary->size() != layers.size()))
    json.refuse("no_rope_layers", "one number a layer");
  for (size_t i = 0; i < layers.size(); ++i) {
    const bool turns = has_rotary ? (*has_rotary)[i] == Json(1) : (int64_t(i) + 1) % interval != 0;
    layers[i].rotary = turns ? 0 : -1;
  }
  read_qwen_layers(json, config.stack);
  return config;
}

constexpr Architecture kArchitectures[] = {{"SmolLM3ForCausalLM", Task::causal},
                                           {"SmolLM3ForSequenceClassification", Task::classify},
                                           {"SmolLM3Model", Task::features}};

}  // namespace

extern const Family kSmolLm3;
const Family kSmolLm3 = {"smollm3", "", "model.", kArchitectures, configure, kLlamaNames};

}  // namespace graft::inline v0
