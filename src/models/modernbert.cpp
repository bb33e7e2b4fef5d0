// SPDX-License-Identifier: Apache-2.0
//
// ModernBERT (Warner et al. 2024): norms before the branches, rotary positions, gated MLPs, windows in most layers.
#include "models/limits.hpp"
#include "models/read_config.hpp"
#include "models/rotary.hpp"

namespace graft::inline v0 {
namespace {

std::vector<RotaryConfig> read_rotaries(const JsonObject& json, int head_width, int context) {
  if (std::vector<RotaryConfig> both = read_layer_rotaries(json, head_width, context); !both.empty()) return both;
  const JsonObject settings = rotary_settings(json);
  const double global = json.number_or("global_rope_theta", 160000);
  const double local = json.number_or("local_rope_theta", global);
  return {make_rotary(settings, global, 1, head_width, context), make_rotary(settings, local, 1, head_width, context)};
}

void read_windows(const JsonObject& json, StackConfig& stack) {
  const int64_t every = json.integer_or("global_attn_every_n_layers", 3, 1, kMaxLayers);
  const int local = int(json.integer_or("local_attention", 128, 1, kMaxContext));
  stack.layers = read_layers(json, int(stack.layers.size()), local / 2 + 1,
                             [every](int layer) { return int64_t(layer) % every != 0; });
  for (LayerConfig& layer : stack.layers) layer.rotary = layer.window > 0 ? 1 : 0;
}

HeadConfig head_of(const JsonObject& json, const TransformerConfig& config, Task task) {
  HeadConfig head;
  head.dense = config.stack.width;
  head.dense_bias = json.flag_or("classifier_bias", false);
  head.activation = read_activation(json, "classifier_activation", "gelu");
  head.norm = true;
  head.norm_config = config.stack.norm;
  head.outputs = task == Task::masked ? config.stack.embedding.vocabulary : read_label_count(json);
  head.tied = task == Task::masked && json.flag_or("tie_word_embeddings", true);
  head.bias = task == Task::masked ? json.flag_or("decoder_bias", true) : true;
  if (task == Task::masked) return head;
  head.module = task == Task::tag ? "tags" : "classifier";
  if (task == Task::classify) {
    if (json.text_or("classifier_pooling", "cls") != "cls") json.refuse("classifier_pooling", "\"cls\"");
    head.rows = HeadConfig::Rows::first;
  }
  return head;
}

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_encoder(json);
  StackConfig& stack = config.stack;
  stack.attention.qkv_bias = stack.attention.output_bias = json.flag_or("attention_bias", false);
  stack.attention.fused = FusedQkv::parts;
  stack.mlp = {.width = stack.mlp.width,
               .activation = read_activation(json, "hidden_activation", "gelu"),
               .gated = true,
               .fused = true,
               .bias = json.flag_or("mlp_bias", false)};
  stack.norm = {NormConfig::Kind::layer, float(json.number_or("norm_eps", 1e-5)), json.flag_or("norm_bias", false)};
  stack.norm_place = NormPlace::before;
  stack.first_norm = false;
  stack.final_norm = true;
  stack.dropout = read_rate(json, "mlp_dropout", 0);
  stack.embedding.positions = Positions::none;
  stack.embedding.types = 0;
  config.context = int(json.integer_or("max_position_embeddings", 8192, 1, kMaxContext));
  stack.rotary = read_rotaries(json, stack.attention.head_width, config.context);
  read_windows(json, stack);
  if (task != Task::features) config.heads = {head_of(json, config, task)};
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "model.embeddings.tok_embeddings"},
    {"embedding.norm", "model.embeddings.norm"},
    {"blocks.*.attention_norm", "model.layers.*.attn_norm"},
    {"blocks.*.attention.qkv", "model.layers.*.attn.Wqkv"},
    {"blocks.*.attention.output", "model.layers.*.attn.Wo"},
    {"blocks.*.mlp_norm", "model.layers.*.mlp_norm"},
    {"blocks.*.mlp.gate_up", "model.layers.*.mlp.Wi"},
    {"blocks.*.mlp.down", "model.layers.*.mlp.Wo"},
    {"norm", "model.final_norm"},
    {"head.dense", "head.dense"},
    {"head.norm", "head.norm"},
    {"head", "decoder"},
    {"classifier.dense", "head.dense"},
    {"classifier.norm", "head.norm"},
    {"classifier", "classifier"},
    {"tags.dense", "head.dense"},
    {"tags.norm", "head.norm"},
    {"tags", "classifier"},
};

constexpr Architecture kArchitectures[] = {{"ModernBertModel", Task::features},
                                           {"ModernBertForMaskedLM", Task::masked},
                                           {"ModernBertForSequenceClassification", Task::classify},
                                           {"ModernBertForTokenClassification", Task::tag}};

}  // namespace

extern const Family kModernBert;
const Family kModernBert = {"modernbert", "", "model.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
