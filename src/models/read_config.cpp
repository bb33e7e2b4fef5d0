// SPDX-License-Identifier: Apache-2.0
#include "models/read_config.hpp"

#include <cmath>

#include "models/limits.hpp"

namespace graft::inline v0 {
namespace {

struct NamedActivation {
  std::string_view name;
  Activation activation;
};
constexpr NamedActivation kActivations[] = {
    {"relu", Activation::relu},           {"gelu", Activation::gelu},
    {"gelu_new", Activation::gelu_tanh},  {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh}, {"quick_gelu", Activation::gelu_quick},
    {"silu", Activation::silu},           {"swish", Activation::silu},
    {"tanh", Activation::tanh},           {"sigmoid", Activation::sigmoid},
    {"linear", Activation::identity}};

std::string known_activations() {
  std::string names;
  for (const NamedActivation& known : kActivations) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return names;
}

HeadConfig language_head(const JsonObject& json, const TransformerConfig& config) {
  HeadConfig head;
  head.outputs = config.stack.embedding.vocabulary;
  head.tied = json.flag_or("tie_word_embeddings", false);
  return head;
}

HeadConfig class_head(std::string module, HeadConfig::Rows rows, int outputs) {
  HeadConfig head;
  head.module = std::move(module);
  head.rows = rows;
  head.outputs = outputs;
  head.bias = true;
  return head;
}

}  // namespace

Activation read_activation(const JsonObject& json, std::string_view field, std::string fallback) {
  const std::string name = json.text_or(field, std::move(fallback));
  for (const NamedActivation& known : kActivations)
    if (known.name == name) return known.activation;
  json.refuse(field, "one of " + known_activations());
}

int read_label_count(const JsonObject& json) {
  const Json* labels = json.find("id2label");
  const int64_t named = labels && labels->is_object() && !labels->empty() ? int64_t(labels->size()) : 2;
  return int(json.integer_or("num_labels", named, 1, kMaxVocabulary));
}

std::vector<LayerConfig> read_layers(const JsonObject& json, int count, int window,
                                     const std::function<bool(int layer)>& is_sliding) {
  const std::vector<std::string> types =
      json.has("layer_types") ? json.texts("layer_types") : std::vector<std::string>{};
  if (!types.empty() && types.size() != size_t(count)) json.refuse("layer_types", "one entry a layer");
  std::vector<LayerConfig> layers(static_cast<size_t>(count));
  for (size_t i = 0; i < layers.size(); ++i) {
    const bool slides = types.empty() ? is_sliding(int(i)) : types[i] == "sliding_attention";
    if (!types.empty() && !slides && types[i] != "full_attention")
      json.refuse("layer_types", "\"full_attention\" or \"sliding_attention\"");
    layers[i].window = slides ? window : 0;
  }
  return layers;
}

void read_window(const JsonObject& json, StackConfig& stack) {
  const int window = int(json.integer_or("sliding_window", 0, 0, kMaxContext));
  for (LayerConfig& layer : stack.layers) layer.window = window;
}

float read_rate(const JsonObject& json, std::string_view field, float absent) {
  const double rate = json.number_or(field, absent);
  if (rate < 0 || rate >= 1) json.refuse(field, "0 to below 1");
  return float(rate);
}

AttentionConfig read_plain_attention(const JsonObject& json, std::string_view heads_field, std::string_view width_field,
                                     int width) {
  AttentionConfig attention;
  attention.heads = attention.kv_heads = int(json.integer(heads_field, 1, kMaxHeads));
  if (width % attention.heads != 0) json.refuse(heads_field, "a divisor of " + std::string(width_field));
  attention.head_width = width / attention.heads;
  attention.scale = 1 / std::sqrt(float(attention.head_width));
  attention.qkv_bias = attention.output_bias = true;
  attention.dropout = read_rate(json, "attention_dropout", 0);
  return attention;
}

float read_balance(const JsonObject& json) {
  return json.flag_or("output_router_logits", false) ? float(json.number_or("router_aux_loss_coef", 0)) : 0;
}

TransformerConfig read_decoder(const JsonObject& json, Task task) {
  TransformerConfig config;
  StackConfig& stack = config.stack;
  AttentionConfig& attention = stack.attention;
  stack.width = int(json.integer("hidden_size", 1, kMaxWidth));
  stack.layers.resize(size_t(json.integer("num_hidden_layers", 1, kMaxLayers)));
  attention.heads = int(json.integer("num_attention_heads", 1, kMaxHeads));
  attention.kv_heads = int(json.integer_or("num_key_value_heads", attention.heads, 1, attention.heads));
  if (attention.heads % attention.kv_heads != 0) json.refuse("num_key_value_heads", "a divisor of num_attention_heads");
  if (!json.has("head_dim") && stack.width % attention.heads != 0)
    json.refuse("num_attention_heads", "a divisor of hidden_size");
  attention.head_width = int(json.integer_or("head_dim", stack.width / attention.heads, 1, kMaxWidth));
  attention.scale = 1 / std::sqrt(float(attention.head_width));
  attention.qkv_bias = attention.output_bias = json.flag_or("attention_bias", false);
  attention.dropout = read_rate(json, "attention_dropout", 0);
  stack.mlp.width = int(json.integer("intermediate_size", 1, kMaxWidth));
  stack.mlp.activation = read_activation(json, "hidden_act", "silu");
  stack.mlp.bias = json.flag_or("mlp_bias", false);
  stack.norm.epsilon = float(json.number_or("rms_norm_eps", 1e-6));
  stack.embedding.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary));
  stack.embedding.width = stack.width;
  stack.embedding.padding = int(json.integer_or("pad_token_id", -1, -1, kMaxVocabulary));
  config.context = int(json.integer_or("max_position_embeddings", 2048, 1, kMaxContext));
  config.initial_deviation = float(json.number_or("initializer_range", 0.02));
  stack.rotary = {read_rotary(json, attention.head_width, config.context)};
  config.heads = decoder_heads(json, task, config);
  return config;
}

std::vector<HeadConfig> decoder_heads(const JsonObject& json, Task task, const TransformerConfig& config) {
  if (task == Task::features) return {};
  if (task == Task::causal) return {language_head(json, config)};
  HeadConfig head =
      class_head(task == Task::tag ? "tags" : "classifier",
                 task == Task::tag ? HeadConfig::Rows::all : HeadConfig::Rows::last, read_label_count(json));
  head.bias = task == Task::tag;
  return {head};
}

TransformerConfig read_encoder(const JsonObject& json, const EncoderFields& fields) {
  TransformerConfig config;
  StackConfig& stack = config.stack;
  stack.width = int(json.integer(fields.width, 1, kMaxWidth));
  stack.layers.resize(size_t(json.integer(fields.layers, 1, kMaxLayers)));
  stack.attention = read_plain_attention(json, fields.heads, fields.width, stack.width);
  stack.attention.causal = false;
  stack.attention.dropout = read_rate(json, fields.attention_dropout, 0.1f);
  stack.mlp = {.width = int(json.integer(fields.mlp_width, 1, kMaxWidth)),
               .activation = read_activation(json, fields.activation, "gelu"),
               .gated = false,
               .bias = true};
  stack.norm = {NormConfig::Kind::layer, float(json.number_or("layer_norm_eps", 1e-12)), true};
  stack.norm_place = NormPlace::after;
  stack.final_norm = false;
  stack.dropout = read_rate(json, fields.dropout, 0.1f);
  config.context = int(json.integer_or("max_position_embeddings", 512, 1, kMaxContext));
  stack.embedding = {.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary)),
                     .width = int(json.integer_or("embedding_size", stack.width, 1, kMaxWidth)),
                     .projection_bias = true,
                     .positions = Positions::learned,
                     .position_rows = config.context,
                     .types = int(json.integer_or("type_vocab_size", 2, 0, kMaxVocabulary)),
                     .norm = true,
                     .padding = int(json.integer_or("pad_token_id", -1, -1, kMaxVocabulary))};
  config.initial_deviation = float(json.number_or("initializer_range", 0.02));
  return config;
}

std::vector<HeadConfig> encoder_heads(const JsonObject& json, Task task, const TransformerConfig& config,
                                      const EncoderHeads& heads) {
  const StackConfig& stack = config.stack;
  HeadConfig words = language_head(json, config);
  words.tied = json.flag_or("tie_word_embeddings", true);
  words.bias = true;
  words.dense = heads.masked_width > 0 ? heads.masked_width : stack.width;
  words.activation = heads.masked;
  words.norm = true;
  words.norm_config = stack.norm;
  const auto pooled = [&](std::string module, int outputs) {
    HeadConfig head = class_head(std::move(module), HeadConfig::Rows::first, outputs);
    head.dense = stack.width;
    head.activation = heads.pooler;
    head.dropout = read_rate(json, "classifier_dropout", stack.dropout);
    return head;
  };
  switch (task) {
    case Task::features:
      return heads.has_pooler ? std::vector{pooled("pooler", 0)} : std::vector<HeadConfig>{};
    case Task::pretraining:
      return {words, pooled("next", 2)};
    case Task::classify:
      return {pooled("classifier", read_label_count(json))};
    case Task::tag:
      return {class_head("tags", HeadConfig::Rows::all, read_label_count(json))};
    case Task::span:
      return {class_head("span", HeadConfig::Rows::all, 2)};
    default:
      return {words};
  }
}

}  // namespace graft::inline v0
