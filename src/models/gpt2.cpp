// SPDX-License-Identifier: Apache-2.0
//
// GPT-2 (Radford et al. 2019): learned positions, layer norms, matrices stored as inputs × outputs.
#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

void check_variants(const JsonObject& json) {
  if (json.flag_or("scale_attn_by_inverse_layer_idx", false)) json.refuse("scale_attn_by_inverse_layer_idx", "false");
  if (json.flag_or("add_cross_attention", false)) json.refuse("add_cross_attention", "false");
}

TransformerConfig configure(const JsonObject& json, Task task) {
  check_variants(json);
  TransformerConfig config;
  StackConfig& stack = config.stack;
  stack.width = int(json.integer("n_embd", 1, kMaxWidth));
  stack.layers.assign(size_t(json.integer("n_layer", 1, kMaxLayers)), {.rotary = -1});
  stack.attention = read_plain_attention(json, "n_head", "n_embd", stack.width);
  if (!json.flag_or("scale_attn_weights", true)) stack.attention.scale = 1;
  stack.attention.fused = FusedQkv::parts;
  stack.attention.dropout = read_rate(json, "attn_pdrop", 0.1f);
  stack.mlp = {.width = int(json.integer_or("n_inner", 4 * stack.width, 1, kMaxWidth)),
               .activation = read_activation(json, "activation_function", "gelu_new"),
               .gated = false,
               .bias = true};
  stack.norm = {NormConfig::Kind::layer, float(json.number_or("layer_norm_epsilon", 1e-5)), true};
  stack.dropout = read_rate(json, "resid_pdrop", 0.1f);
  config.context = int(json.integer_or("n_positions", 1024, 1, kMaxContext));
  stack.embedding = {.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary)),
                     .width = stack.width,
                     .positions = Positions::learned,
                     .position_rows = config.context};
  config.initial_deviation = float(json.number_or("initializer_range", 0.02));
  config.scales_residual = true;
  config.heads = decoder_heads(json, task, config);
  if (task == Task::causal) config.heads[0].tied = json.flag_or("tie_word_embeddings", true);
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "transformer.wte", "token_embd"},
    {"embedding.positions", "transformer.wpe", "position_embd"},
    {"blocks.*.attention_norm", "transformer.h.*.ln_1", "blk.*.attn_norm"},
    {"blocks.*.attention.qkv", "transformer.h.*.attn.c_attn", "blk.*.attn_qkv", Layout::transposed},
    {"blocks.*.attention.output", "transformer.h.*.attn.c_proj", "blk.*.attn_output", Layout::transposed},
    {"blocks.*.mlp_norm", "transformer.h.*.ln_2", "blk.*.ffn_norm"},
    {"blocks.*.mlp.inner", "transformer.h.*.mlp.c_fc", "blk.*.ffn_up", Layout::transposed},
    {"blocks.*.mlp.down", "transformer.h.*.mlp.c_proj", "blk.*.ffn_down", Layout::transposed},
    {"norm", "transformer.ln_f", "output_norm"},
    {"head", "lm_head", "output"},
    {"classifier", "score"},
    {"tags", "classifier"},
};

constexpr Architecture kArchitectures[] = {{"GPT2LMHeadModel", Task::causal},
                                           {"GPT2ForSequenceClassification", Task::classify},
                                           {"GPT2ForTokenClassification", Task::tag},
                                           {"GPT2Model", Task::features}};

}  // namespace

extern const Family kGpt2;
const Family kGpt2 = {"gpt2", "gpt2", "transformer.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
