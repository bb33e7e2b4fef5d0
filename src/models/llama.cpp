// SPDX-License-Identifier: Apache-2.0
//
// Llama (Touvron et al. 2023) and everything built like it: Llama 2 and 3, SmolLM2, TinyLlama …
#include <cmath>

#include "models/family.hpp"
#include "models/limits.hpp"
#include "models/rope_scaling.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json) {
  TransformerConfig c;
  c.width = int(json.integer("hidden_size", 1, kMaxWidth));
  c.layers = int(json.integer("num_hidden_layers", 1, kMaxLayers));
  c.heads = int(json.integer("num_attention_heads", 1, kMaxHeads));
  c.kv_heads = int(json.integer_or("num_key_value_heads", c.heads, 1, c.heads));
  if (c.heads % c.kv_heads != 0) json.refuse("num_key_value_heads", "a divisor of num_attention_heads");
  if (!json.has("head_dim") && c.width % c.heads != 0) json.refuse("num_attention_heads", "a divisor of hidden_size");
  c.head_width = int(json.integer_or("head_dim", c.width / c.heads, 1, kMaxWidth));
  c.mlp_width = int(json.integer("intermediate_size", 1, kMaxWidth));
  c.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary));
  c.context = int(json.integer_or("max_position_embeddings", 2048, 1, kMaxContext));
  c.norm_epsilon = float(json.number_or("rms_norm_eps", 1e-6));
  c.attention_scale = 1 / std::sqrt(float(c.head_width));
  c.qkv_bias = c.output_bias = json.flag_or("attention_bias", false);
  c.mlp_bias = json.flag_or("mlp_bias", false);
  c.tied_head = json.flag_or("tie_word_embeddings", false);
  if (json.text_or("hidden_act", "silu") != "silu") json.refuse("hidden_act", "\"silu\"");
  configure_rotary(json, c);
  return c;
}

constexpr ModuleName kNames[] = {
    {"embedding", "model.embed_tokens", "token_embd"},
    {"blocks.*.attention_norm", "model.layers.*.input_layernorm", "blk.*.attn_norm"},
    {"blocks.*.attention.query", "model.layers.*.self_attn.q_proj", "blk.*.attn_q", true},
    {"blocks.*.attention.key", "model.layers.*.self_attn.k_proj", "blk.*.attn_k", true},
    {"blocks.*.attention.value", "model.layers.*.self_attn.v_proj", "blk.*.attn_v"},
    {"blocks.*.attention.output", "model.layers.*.self_attn.o_proj", "blk.*.attn_output"},
    {"blocks.*.mlp_norm", "model.layers.*.post_attention_layernorm", "blk.*.ffn_norm"},
    {"blocks.*.mlp.gate", "model.layers.*.mlp.gate_proj", "blk.*.ffn_gate"},
    {"blocks.*.mlp.up", "model.layers.*.mlp.up_proj", "blk.*.ffn_up"},
    {"blocks.*.mlp.down", "model.layers.*.mlp.down_proj", "blk.*.ffn_down"},
    {"norm", "model.norm", "output_norm"},
    {"head", "lm_head", "output"},
};

}  // namespace

extern const Family kLlama;
const Family kLlama = {"LlamaForCausalLM", "llama", configure, kNames};

}  // namespace graft::inline v0
