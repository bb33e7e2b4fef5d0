// SPDX-License-Identifier: Apache-2.0
//
// GPT-NeoX (Black et al. 2022), also Pythia: attention and MLP side by side, rotary positions of a part of each head.
#include "models/limits.hpp"
#include "models/read_config.hpp"
#include "models/rotary.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  StackConfig& stack = config.stack;
  AttentionConfig& attention = stack.attention;
  attention.qkv_bias = attention.output_bias = json.flag_or("attention_bias", true);
  attention.fused = FusedQkv::heads;
  stack.mlp = {.width = stack.mlp.width,
               .activation = read_activation(json, "hidden_act", "gelu"),
               .gated = false,
               .bias = true};
  stack.norm = {NormConfig::Kind::layer, float(json.number_or("layer_norm_eps", 1e-5)), true};
  stack.parallel = json.flag_or("use_parallel_residual", true);
  stack.dropout = read_rate(json, "hidden_dropout", 0);
  const JsonObject settings = rotary_settings(json);
  const double part = settings.number_or("partial_rotary_factor", json.number_or("rotary_pct", 0.25));
  const double base = settings.number_or("rope_theta", json.number_or("rotary_emb_base", 10000));
  stack.rotary = {make_rotary(settings, base, part, attention.head_width, config.context)};
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "gpt_neox.embed_in", "token_embd"},
    {"blocks.*.attention_norm", "gpt_neox.layers.*.input_layernorm", "blk.*.attn_norm"},
    {"blocks.*.attention.qkv", "gpt_neox.layers.*.attention.query_key_value"},
    {"blocks.*.attention.output", "gpt_neox.layers.*.attention.dense", "blk.*.attn_output"},
    {"blocks.*.mlp_norm", "gpt_neox.layers.*.post_attention_layernorm", "blk.*.ffn_norm"},
    {"blocks.*.mlp.inner", "gpt_neox.layers.*.mlp.dense_h_to_4h", "blk.*.ffn_up"},
    {"blocks.*.mlp.down", "gpt_neox.layers.*.mlp.dense_4h_to_h", "blk.*.ffn_down"},
    {"norm", "gpt_neox.final_layer_norm", "output_norm"},
    {"head", "embed_out", "output"},
    {"classifier", "score"},
    {"tags", "classifier"},
};

constexpr Architecture kArchitectures[] = {{"GPTNeoXForCausalLM", Task::causal},
                                           {"GPTNeoXForSequenceClassification", Task::classify},
                                           {"GPTNeoXForTokenClassification", Task::tag},
                                           {"GPTNeoXModel", Task::features}};

}  // namespace

extern const Family kGptNeox;
const Family kGptNeox = {"gpt_neox", "", "gpt_neox.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
