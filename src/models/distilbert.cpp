// SPDX-License-Identifier: Apache-2.0
//
// DistilBERT (Sanh et al. 2019): BERT with half the layers, without token types and pooler.
#include <cmath>

#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config;
  StackConfig& stack = config.stack;
  stack.width = int(json.integer("dim", 1, kMaxWidth));
  stack.layers.resize(size_t(json.integer("n_layers", 1, kMaxLayers)));
  AttentionConfig& attention = stack.attention;
  attention.heads = attention.kv_heads = int(json.integer("n_heads", 1, kMaxHeads));
  if (stack.width % attention.heads != 0) json.refuse("n_heads", "a divisor of dim");
  attention.head_width = stack.width / attention.heads;
  attention.scale = 1 / std::sqrt(float(attention.head_width));
  attention.causal = false;
  attention.qkv_bias = attention.output_bias = true;
  stack.mlp = {.width = int(json.integer("hidden_dim", 1, kMaxWidth)),
               .activation = read_activation(json, "activation", "gelu"),
               .gated = false,
               .bias = true};
  stack.norm = {NormConfig::Kind::layer, 1e-12f, true};
  stack.norm_place = NormPlace::after;
  stack.final_norm = false;
  stack.dropout = float(json.number_or("dropout", 0.1));
  config.context = int(json.integer_or("max_position_embeddings", 512, 1, kMaxContext));
  stack.embedding = {.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary)),
                     .width = stack.width,
                     .positions = Positions::learned,
                     .position_rows = config.context,
                     .norm = true,
                     .padding = int(json.integer_or("pad_token_id", -1, -1, kMaxVocabulary))};
  config.initial_deviation = float(json.number_or("initializer_range", 0.02));
  config.heads = encoder_heads(json, task, config,
                               {.pooler = Activation::relu, .masked = stack.mlp.activation, .has_pooler = false});
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "distilbert.embeddings.word_embeddings"},
    {"embedding.positions", "distilbert.embeddings.position_embeddings"},
    {"embedding.norm", "distilbert.embeddings.LayerNorm"},
    {"blocks.*.attention.query", "distilbert.transformer.layer.*.attention.q_lin"},
    {"blocks.*.attention.key", "distilbert.transformer.layer.*.attention.k_lin"},
    {"blocks.*.attention.value", "distilbert.transformer.layer.*.attention.v_lin"},
    {"blocks.*.attention.output", "distilbert.transformer.layer.*.attention.out_lin"},
    {"blocks.*.attention_norm", "distilbert.transformer.layer.*.sa_layer_norm"},
    {"blocks.*.mlp.inner", "distilbert.transformer.layer.*.ffn.lin1"},
    {"blocks.*.mlp.down", "distilbert.transformer.layer.*.ffn.lin2"},
    {"blocks.*.mlp_norm", "distilbert.transformer.layer.*.output_layer_norm"},
    {"head.dense", "vocab_transform"},
    {"head.norm", "vocab_layer_norm"},
    {"head", "vocab_projector"},
    {"classifier.dense", "pre_classifier"},
    {"classifier", "classifier"},
    {"tags", "classifier"},
    {"span", "qa_outputs"},
};

constexpr Architecture kArchitectures[] = {{"DistilBertModel", Task::features},
                                           {"DistilBertForMaskedLM", Task::masked},
                                           {"DistilBertForSequenceClassification", Task::classify},
                                           {"DistilBertForTokenClassification", Task::tag},
                                           {"DistilBertForQuestionAnswering", Task::span}};

}  // namespace

extern const Family kDistilBert;
const Family kDistilBert = {"distilbert", "", "distilbert.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
