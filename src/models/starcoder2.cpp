// SPDX-License-Identifier: Apache-2.0
//
// StarCoder2 (Lozhkov et al. 2024): grouped keys and rotary positions like Llama's, with biases, layer norms and a
// plain MLP like GPT-2's; perhaps a window.
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  StackConfig& stack = config.stack;
  const bool bias = json.flag_or("use_bias", true);
  stack.attention.qkv_bias = stack.attention.output_bias = bias;
  stack.mlp = {.width = stack.mlp.width,
               .activation = read_activation(json, "hidden_act", "gelu_pytorch_tanh"),
               .gated = false,
               .bias = bias};
  stack.norm = {NormConfig::Kind::layer, float(json.number_or("norm_epsilon", 1e-5)), true};
  stack.dropout = read_rate(json, "residual_dropout", 0);
  read_window(json, stack);
  if (task == Task::causal) config.heads.at(0).tied = json.flag_or("tie_word_embeddings", true);
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "model.embed_tokens", "token_embd"},
    {"blocks.*.attention_norm", "model.layers.*.input_layernorm", "blk.*.attn_norm"},
    {"blocks.*.attention.query", "model.layers.*.self_attn.q_proj", "blk.*.attn_q"},
    {"blocks.*.attention.key", "model.layers.*.self_attn.k_proj", "blk.*.attn_k"},
    {"blocks.*.attention.value", "model.layers.*.self_attn.v_proj", "blk.*.attn_v"},
    {"blocks.*.attention.output", "model.layers.*.self_attn.o_proj", "blk.*.attn_output"},
    {"blocks.*.mlp_norm", "model.layers.*.post_attention_layernorm", "blk.*.ffn_norm"},
    {"blocks.*.mlp.inner", "model.layers.*.mlp.c_fc", "blk.*.ffn_up"},
    {"blocks.*.mlp.down", "model.layers.*.mlp.c_proj", "blk.*.ffn_down"},
    {"norm", "model.norm", "output_norm"},
    {"head", "lm_head", "output"},
    {"classifier", "score"},
    {"tags", "score"},
};

constexpr Architecture kArchitectures[] = {{"Starcoder2ForCausalLM", Task::causal},
                                           {"Starcoder2ForSequenceClassification", Task::classify},
                                           {"Starcoder2ForTokenClassification", Task::tag},
                                           {"Starcoder2Model", Task::features}};

}  // namespace

extern const Family kStarcoder2;
const Family kStarcoder2 = {"starcoder2", "starcoder2", "model.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
