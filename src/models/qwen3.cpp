// SPDX-License-Identifier: Apache-2.0
//
// Qwen3 (Yang et al. 2025): Llama with a norm of each head's query and key.
#include "models/llama_names.hpp"
#include "models/qwen_layers.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  config.stack.attention.head_norms = true;
  read_qwen_layers(json, config.stack);
  return config;
}

constexpr Architecture kArchitectures[] = {{"Qwen3ForCausalLM", Task::causal},
                                           {"Qwen3ForSequenceClassification", Task::classify},
                                           {"Qwen3ForTokenClassification", Task::tag},
                                           {"Qwen3Model", Task::features}};

}  // namespace

extern const Family kQwen3;
const Family kQwen3 = {"qwen3", "qwen3", "model.", kArchitectures, configure, kQwenNames};

}  // namespace graft::inline v0
