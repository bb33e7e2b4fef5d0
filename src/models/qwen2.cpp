// SPDX-License-Identifier: Apache-2.0
//
// Qwen2 (Yang et al. 2024): Llama with biases of query, key and value; and its mixture of experts with a shared one.
#include <algorithm>

#include "models/limits.hpp"
#include "models/llama_names.hpp"
#include "models/qwen_layers.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {

void read_qwen_layers(const JsonObject& json, StackConfig& stack) {
  if (!json.flag_or("use_sliding_window", false)) return;
  const int window = int(json.integer_or("sliding_window", 0, 0, kMaxContext));
  const int full = int(json.integer_or("max_window_layers", 0, 0, kMaxLayers));
  const std::vector<LayerConfig> windows =
      read_layers(json, int(stack.layers.size()), window, [full](int layer) { return layer >= full; });
  for (size_t i = 0; i < stack.layers.size(); ++i) stack.layers[i].window = windows[i].window;
}

namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  config.stack.attention.qkv_bias = json.flag_or("qkv_bias", true);
  config.stack.attention.output_bias = false;
  read_qwen_layers(json, config.stack);
  return config;
}

bool is_plain(const JsonObject& json, int layer) {
  const Json* plain = json.find("mlp_only_layers");
  if (!plain || !plain->is_array()) return false;
  return std::find(plain->begin(), plain->end(), Json(layer)) != plain->end();
}

TransformerConfig configure_experts(const JsonObject& json, Task task) {
  TransformerConfig config = configure(json, task);
  StackConfig& stack = config.stack;
  ExpertsConfig& experts = stack.mlp.experts;
  experts.count = int(json.integer("num_experts", 1, kMaxHeads));
  experts.used = int(json.integer("num_experts_per_tok", 1, experts.count));
  experts.width = int(json.integer("moe_intermediate_size", 1, kMaxWidth));
  experts.shared_width = int(json.integer_or("shared_expert_intermediate_size", 0, 0, kMaxWidth));
  experts.normalized = json.flag_or("norm_topk_prob", false);
  experts.balance = read_balance(json);
  const int step = int(json.integer_or("decoder_sparse_step", 1, 1, kMaxLayers));
  for (size_t i = 0; i < stack.layers.size(); ++i)
    stack.layers[i].routed = !is_plain(json, int(i)) && (int(i) + 1) % step == 0;
  return config;
}

constexpr Architecture kArchitectures[] = {{"Qwen2ForCausalLM", Task::causal},
                                           {"Qwen2ForSequenceClassification", Task::classify},
                                           {"Qwen2ForTokenClassification", Task::tag},
                                           {"Qwen2Model", Task::features}};
constexpr Architecture kExpertArchitectures[] = {{"Qwen2MoeForCausalLM", Task::causal},
                                                 {"Qwen2MoeForSequenceClassification", Task::classify},
                                                 {"Qwen2MoeModel", Task::features}};

}  // namespace

extern const Family kQwen2, kQwen2Moe;
const Family kQwen2 = {"qwen2", "qwen2", "model.", kArchitectures, configure, kQwenNames};
const Family kQwen2Moe = {"qwen2_moe", "", "model.", kExpertArchitectures, configure_experts, kQwenNames};

}  // namespace graft::inline v0
