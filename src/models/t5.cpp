// SPDX-License-Identifier: Apache-2.0
//
// T5 (Raffel et al. 2020), and its version 1.1 with gated MLPs: a relative bias of the attention, in the first layer of
// each stack and shared by the others; unscaled scores.
#include <cmath>

#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

StackConfig read_stack(const JsonObject& json, int layers, bool is_decoder) {
  StackConfig stack;
  stack.width = int(json.integer("d_model", 1, kMaxWidth));
  stack.layers.assign(size_t(layers), {.rotary = -1});
  AttentionConfig& attention = stack.attention;
  attention.heads = attention.kv_heads = int(json.integer("num_heads", 1, kMaxHeads));
  attention.head_width = int(json.integer("d_kv", 1, kMaxWidth));
  attention.scale = 1;
  attention.causal = is_decoder;
  attention.bias = BiasKind::relative;
  attention.buckets = int(json.integer_or("relative_attention_num_buckets", 32, 4, 1 << 16));
  attention.most_distance = int(json.integer_or("relative_attention_max_distance", 128, 2, kMaxContext));
  const std::string projection = json.text_or("feed_forward_proj", "relu");
  const bool is_gated = projection.starts_with("gated-");
  stack.mlp = {.width = int(json.integer("d_ff", 1, kMaxWidth)), .gated = is_gated};
  // "gated-gelu" means the approximation, whatever "dense_act_fn" says.
  stack.mlp.activation = projection == "gated-gelu" ? Activation::gelu_tanh
                         : json.has("dense_act_fn") ? read_activation(json, "dense_act_fn", "relu")
                                                    : Activation::relu;
  stack.norm.epsilon = float(json.number_or("layer_norm_epsilon", 1e-6));
  stack.crosses = is_decoder;
  stack.dropout = stack.attention.dropout = read_rate(json, "dropout_rate", 0.1f);
  stack.embedding.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary));
  stack.embedding.width = stack.width;
  return stack;
}

TransformerConfig configure(const JsonObject& json, Task) {
  TransformerConfig config;
  const int layers = int(json.integer("num_layers", 1, kMaxLayers));
  config.encoder = read_stack(json, layers, false);
  config.stack = read_stack(json, int(json.integer_or("num_decoder_layers", layers, 1, kMaxLayers)), true);
  config.context = int(json.integer_or("n_positions", 512, 1, kMaxContext));
  config.start_token = int(json.integer_or("decoder_start_token_id", 0, 0, kMaxVocabulary));
  HeadConfig head;
  head.outputs = config.stack.embedding.vocabulary;
  head.tied = json.flag_or("tie_word_embeddings", true);
  if (json.flag_or("scale_decoder_outputs", head.tied)) head.scale = 1 / std::sqrt(float(config.stack.width));
  config.heads = {head};
  return config;
}

constexpr ModuleName kNames[] = {
    {"encoder.embedding", "shared"},
    {"encoder.relative_bias", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {"encoder.blocks.*.attention_norm", "encoder.block.*.layer.0.layer_norm"},
    {"encoder.blocks.*.attention.query", "encoder.block.*.layer.0.SelfAttention.q"},
    {"encoder.blocks.*.attention.key", "encoder.block.*.layer.0.SelfAttention.k"},
    {"encoder.blocks.*.attention.value", "encoder.block.*.layer.0.SelfAttention.v"},
    {"encoder.blocks.*.attention.output", "encoder.block.*.layer.0.SelfAttention.o"},
    {"encoder.blocks.*.mlp_norm", "encoder.block.*.layer.1.layer_norm"},
    {"encoder.blocks.*.mlp.gate", "encoder.block.*.layer.1.DenseReluDense.wi_0"},
    {"encoder.blocks.*.mlp.up", "encoder.block.*.layer.1.DenseReluDense.wi_1"},
    {"encoder.blocks.*.mlp.inner", "encoder.block.*.layer.1.DenseReluDense.wi"},
    {"encoder.blocks.*.mlp.down", "encoder.block.*.layer.1.DenseReluDense.wo"},
    {"encoder.norm", "encoder.final_layer_norm"},
    {"relative_bias", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {"blocks.*.attention_norm", "decoder.block.*.layer.0.layer_norm"},
    {"blocks.*.attention.query", "decoder.block.*.layer.0.SelfAttention.q"},
    {"blocks.*.attention.key", "decoder.block.*.layer.0.SelfAttention.k"},
    {"blocks.*.attention.value", "decoder.block.*.layer.0.SelfAttention.v"},
    {"blocks.*.attention.output", "decoder.block.*.layer.0.SelfAttention.o"},
    {"blocks.*.cross_norm", "decoder.block.*.layer.1.layer_norm"},
    {"blocks.*.cross.query", "decoder.block.*.layer.1.EncDecAttention.q"},
    {"blocks.*.cross.key", "decoder.block.*.layer.1.EncDecAttention.k"},
    {"blocks.*.cross.value", "decoder.block.*.layer.1.EncDecAttention.v"},
    {"blocks.*.cross.output", "decoder.block.*.layer.1.EncDecAttention.o"},
    {"blocks.*.mlp_norm", "decoder.block.*.layer.2.layer_norm"},
    {"blocks.*.mlp.gate", "decoder.block.*.layer.2.DenseReluDense.wi_0"},
    {"blocks.*.mlp.up", "decoder.block.*.layer.2.DenseReluDense.wi_1"},
    {"blocks.*.mlp.inner", "decoder.block.*.layer.2.DenseReluDense.wi"},
    {"blocks.*.mlp.down", "decoder.block.*.layer.2.DenseReluDense.wo"},
    {"norm", "decoder.final_layer_norm"},
    {"head", "lm_head"},
};

constexpr Architecture kArchitectures[] = {{"T5ForConditionalGeneration", Task::translate}};

}  // namespace

extern const Family kT5;
const Family kT5 = {"t5", "", "", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
