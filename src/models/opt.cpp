// SPDX-License-Identifier: Apache-2.0
//
// OPT (Zhang et al. 2022): learned positions from the second row on; the 350M model has its norms after the sums and
// narrower embeddings.
#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kFirstPosition = 2;

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config;
  StackConfig& stack = config.stack;
  stack.width = int(json.integer("hidden_size", 1, kMaxWidth));
  stack.layers.assign(size_t(json.integer("num_hidden_layers", 1, kMaxLayers)), {.rotary = -1});
  stack.attention = read_plain_attention(json, "num_attention_heads", "hidden_size", stack.width);
  const bool has_bias = json.flag_or("enable_bias", true), is_before = json.flag_or("do_layer_norm_before", true);
  stack.attention.qkv_bias = stack.attention.output_bias = has_bias;
  stack.mlp = {.width = int(json.integer("ffn_dim", 1, kMaxWidth)),
               .activation = read_activation(json, "activation_function", "relu"),
               .gated = false,
               .bias = has_bias};
  stack.norm = {NormConfig::Kind::layer, 1e-5f, true};
  stack.norm_place = is_before ? NormPlace::before : NormPlace::after;
  stack.final_norm = is_before && !json.flag_or("_remove_final_layer_norm", false);
  stack.dropout = read_rate(json, "dropout", 0.1f);
  config.context = int(json.integer_or("max_position_embeddings", 2048, 1, kMaxContext));
  const int width = int(json.integer_or("word_embed_proj_dim", stack.width, 1, kMaxWidth));
  stack.embedding = {.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary)),
                     .width = width,
                     .positions_after_projection = true,
                     .positions = Positions::learned,
                     .position_rows = config.context + kFirstPosition,
                     .first_position = kFirstPosition,
                     .padding = int(json.integer_or("pad_token_id", -1, -1, kMaxVocabulary))};
  stack.output_width = width == stack.width ? 0 : width;
  config.initial_deviation = float(json.number_or("init_std", 0.02));
  config.heads = decoder_heads(json, task, config);
  if (task == Task::causal) config.heads[0].tied = json.flag_or("tie_word_embeddings", true);
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "model.decoder.embed_tokens"},
    {"embedding.positions", "model.decoder.embed_positions"},
    {"embedding.projection", "model.decoder.project_in"},
    {"blocks.*.attention_norm", "model.decoder.layers.*.self_attn_layer_norm"},
    {"blocks.*.attention.query", "model.decoder.layers.*.self_attn.q_proj"},
    {"blocks.*.attention.key", "model.decoder.layers.*.self_attn.k_proj"},
    {"blocks.*.attention.value", "model.decoder.layers.*.self_attn.v_proj"},
    {"blocks.*.attention.output", "model.decoder.layers.*.self_attn.out_proj"},
    {"blocks.*.mlp_norm", "model.decoder.layers.*.final_layer_norm"},
    {"blocks.*.mlp.inner", "model.decoder.layers.*.fc1"},
    {"blocks.*.mlp.down", "model.decoder.layers.*.fc2"},
    {"norm", "model.decoder.final_layer_norm"},
    {"head", "lm_head"},
    {"output", "model.decoder.project_out"},
    {"classifier", "score"},
};

constexpr Architecture kArchitectures[] = {
    {"OPTForCausalLM", Task::causal}, {"OPTForSequenceClassification", Task::classify}, {"OPTModel", Task::features}};

}  // namespace

extern const Family kOpt;
const Family kOpt = {"opt", "", "model.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
