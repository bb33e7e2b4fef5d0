// SPDX-License-Identifier: Apache-2.0
//
// Gemma 1, 2 and 3 (Gemma Team 2024, 2025): gains of 1 + weight, scaled embeddings, a GELU gate; from 2 on norms around
// each branch, soft caps, and windows in some layers; 3 has norms of heads and two rotary bases.
#include <array>
#include <cmath>

#include "models/limits.hpp"
#include "models/read_config.hpp"
#include "models/rotary.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure_1(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  StackConfig& stack = config.stack;
  stack.norm.offset = 1;
  stack.embedding.scale = std::sqrt(float(stack.width));
  // Early files say "gelu" and mean the approximation.
  stack.mlp.activation =
      json.has("hidden_activation") ? read_activation(json, "hidden_activation", "") : Activation::gelu_tanh;
  for (HeadConfig& head : config.heads)
    if (task == Task::causal) head.tied = json.flag_or("tie_word_embeddings", true);
  return config;
}

float read_scale(const JsonObject& json, int head_width) {
  return 1 / std::sqrt(float(json.number_or("query_pre_attn_scalar", head_width)));
}

TransformerConfig configure_2(const JsonObject& json, Task task) {
  TransformerConfig config = configure_1(json, task);
  StackConfig& stack = config.stack;
  stack.norm_place = NormPlace::both;
  stack.attention.scale = read_scale(json, stack.attention.head_width);
  stack.attention.soft_cap = float(json.number_or("attn_logit_softcapping", 0));
  for (HeadConfig& head : config.heads)
    if (task == Task::causal) head.soft_cap = float(json.number_or("final_logit_softcapping", 0));
  const int window = int(json.integer_or("sliding_window", 4096, 1, kMaxContext));
  stack.layers = read_layers(json, int(stack.layers.size()), window, [](int layer) { return layer % 2 == 0; });
  return config;
}

// Full attention first, then the layers with a window.
std::vector<RotaryConfig> read_rotaries(const JsonObject& json, int head_width, int context) {
  if (std::vector<RotaryConfig> both = read_layer_rotaries(json, head_width, context); !both.empty()) return both;
  const Json plain = Json::object();
  return {make_rotary(rotary_settings(json), json.number_or("rope_theta", 1e6), 1, head_width, context),
          make_rotary(JsonObject(plain, json.where()), json.number_or("rope_local_base_freq", 10000), 1, head_width,
                      context)};
}

TransformerConfig configure_3(const JsonObject& json, Task task) {
  TransformerConfig config = configure_2(json, task);
  StackConfig& stack = config.stack;
  stack.attention.head_norms = true;
  stack.rotary = read_rotaries(json, stack.attention.head_width, config.context);
  const int64_t older = json.integer_or("_sliding_window_pattern", 6, 1, kMaxLayers);
  const int64_t pattern = json.integer_or("sliding_window_pattern", older, 1, kMaxLayers);
  const int window = int(json.integer_or("sliding_window", 4096, 1, kMaxContext));
  stack.layers = read_layers(json, int(stack.layers.size()), window,
                             [pattern](int layer) { return (int64_t(layer) + 1) % pattern != 0; });
  for (LayerConfig& layer : stack.layers) layer.rotary = layer.window > 0 ? 1 : 0;
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "model.embed_tokens", "token_embd"},
    {"blocks.*.attention_norm", "model.layers.*.input_layernorm", "blk.*.attn_norm", Layout::plus_one},
    {"blocks.*.attention.query", "model.layers.*.self_attn.q_proj", "blk.*.attn_q"},
    {"blocks.*.attention.key", "model.layers.*.self_attn.k_proj", "blk.*.attn_k"},
    {"blocks.*.attention.value", "model.layers.*.self_attn.v_proj", "blk.*.attn_v"},
    {"blocks.*.attention.query_norm", "model.layers.*.self_attn.q_norm", "blk.*.attn_q_norm", Layout::plus_one},
    {"blocks.*.attention.key_norm", "model.layers.*.self_attn.k_norm", "blk.*.attn_k_norm", Layout::plus_one},
    {"blocks.*.attention.output", "model.layers.*.self_attn.o_proj", "blk.*.attn_output"},
    {"blocks.*.attention_post_norm", "model.layers.*.post_attention_layernorm", "blk.*.post_attention_norm",
     Layout::plus_one},
    {"blocks.*.mlp_norm", "model.layers.*.pre_feedforward_layernorm", "blk.*.ffn_norm", Layout::plus_one},
    {"blocks.*.mlp_post_norm", "model.layers.*.post_feedforward_layernorm", "blk.*.post_ffw_norm", Layout::plus_one},
    {"blocks.*.mlp.gate", "model.layers.*.mlp.gate_proj", "blk.*.ffn_gate"},
    {"blocks.*.mlp.up", "model.layers.*.mlp.up_proj", "blk.*.ffn_up"},
    {"blocks.*.mlp.down", "model.layers.*.mlp.down_proj", "blk.*.ffn_down"},
    {"norm", "model.norm", "output_norm", Layout::plus_one},
    {"head", "lm_head", "output"},
    {"classifier", "score"},
};

// The first version has one norm before each branch, under Llama's names.
constexpr auto kFirstNames = [] {
  auto names = std::to_array(kNames);
  for (ModuleName& name : names)
    if (name.module == "blocks.*.mlp_norm") name.checkpoint = "model.layers.*.post_attention_layernorm";
  return names;
}();

constexpr Architecture kArchitectures1[] = {{"GemmaForCausalLM", Task::causal},
                                            {"GemmaForSequenceClassification", Task::classify},
                                            {"GemmaModel", Task::features}};
constexpr Architecture kArchitectures2[] = {{"Gemma2ForCausalLM", Task::causal},
                                            {"Gemma2ForSequenceClassification", Task::classify},
                                            {"Gemma2Model", Task::features}};
constexpr Architecture kArchitectures3[] = {{"Gemma3ForCausalLM", Task::causal},
                                            {"Gemma3ForSequenceClassification", Task::classify},
                                            {"Gemma3TextModel", Task::features}};

}  // namespace

extern const Family kGemma, kGemma2, kGemma3;
const Family kGemma = {"gemma", "gemma", "model.", kArchitectures1, configure_1, kFirstNames};
const Family kGemma2 = {"gemma2", "gemma2", "model.", kArchitectures2, configure_2, kNames};
const Family kGemma3 = {"gemma3_text", "gemma3", "model.", kArchitectures3, configure_3, kNames};

}  // namespace graft::inline v0
