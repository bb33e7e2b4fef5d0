// SPDX-License-Identifier: Apache-2.0
//
// Mixtral (Jiang et al. 2024): every layer's MLP is a choice of experts.
#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  StackConfig& stack = config.stack;
  ExpertsConfig& experts = stack.mlp.experts;
  experts.count = int(json.integer("num_local_experts", 1, kMaxHeads));
  experts.used = int(json.integer("num_experts_per_tok", 1, experts.count));
  experts.width = stack.mlp.width;
  experts.balance = read_balance(json);
  read_window(json, stack);
  for (LayerConfig& layer : stack.layers) layer.routed = true;
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "model.embed_tokens"},
    {"blocks.*.attention_norm", "model.layers.*.input_layernorm"},
    {"blocks.*.attention.query", "model.layers.*.self_attn.q_proj"},
    {"blocks.*.attention.key", "model.layers.*.self_attn.k_proj"},
    {"blocks.*.attention.value", "model.layers.*.self_attn.v_proj"},
    {"blocks.*.attention.output", "model.layers.*.self_attn.o_proj"},
    {"blocks.*.mlp_norm", "model.layers.*.post_attention_layernorm"},
    {"blocks.*.mlp.router", "model.layers.*.block_sparse_moe.gate"},
    {"blocks.*.mlp.experts.*.gate", "model.layers.*.block_sparse_moe.experts.*.w1"},
    {"blocks.*.mlp.experts.*.up", "model.layers.*.block_sparse_moe.experts.*.w3"},
    {"blocks.*.mlp.experts.*.down", "model.layers.*.block_sparse_moe.experts.*.w2"},
    {"norm", "model.norm"},
    {"head", "lm_head"},
    {"classifier", "score"},
};

constexpr Architecture kArchitectures[] = {{"MixtralForCausalLM", Task::causal},
                                           {"MixtralForSequenceClassification", Task::classify},
                                           {"MixtralModel", Task::features}};

}  // namespace

extern const Family kMixtral;
const Family kMixtral = {"mixtral", "", "model.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
