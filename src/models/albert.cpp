// SPDX-License-Identifier: Apache-2.0
//
// ALBERT (Lan et al. 2020): BERT with narrower embeddings and one layer's weights for all layers.
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  if (json.integer_or("num_hidden_groups", 1, 1, 1 << 12) != 1) json.refuse("num_hidden_groups", "1");
  if (json.integer_or("inner_group_num", 1, 1, 1 << 12) != 1) json.refuse("inner_group_num", "1");
  TransformerConfig config = read_encoder(json);
  config.stack.shared_layers = true;
  config.heads = encoder_heads(json, task, config,
                               {.masked = config.stack.mlp.activation, .masked_width = config.stack.embedding.width});
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "albert.embeddings.word_embeddings"},
    {"embedding.positions", "albert.embeddings.position_embeddings"},
    {"embedding.types", "albert.embeddings.token_type_embeddings"},
    {"embedding.norm", "albert.embeddings.LayerNorm"},
    {"embedding.projection", "albert.encoder.embedding_hidden_mapping_in"},
    {"blocks.*.attention.query", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query"},
    {"blocks.*.attention.key", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.key"},
    {"blocks.*.attention.value", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.value"},
    {"blocks.*.attention.output", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.dense"},
    {"blocks.*.attention_norm", "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.LayerNorm"},
    {"blocks.*.mlp.inner", "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn"},
    {"blocks.*.mlp.down", "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn_output"},
    {"blocks.*.mlp_norm", "albert.encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm"},
    {"pooler.dense", "albert.pooler"},
    {"head.dense", "predictions.dense"},
    {"head.norm", "predictions.LayerNorm"},
    {"head.bias", "predictions.bias"},
    {"head", "predictions.decoder"},
    {"next.dense", "albert.pooler"},
    {"next", "sop_classifier.classifier"},
    {"classifier.dense", "albert.pooler"},
    {"classifier", "classifier"},
    {"tags", "classifier"},
    {"span", "qa_outputs"},
};

constexpr Architecture kArchitectures[] = {{"AlbertModel", Task::features},
                                           {"AlbertForMaskedLM", Task::masked},
                                           {"AlbertForPreTraining", Task::pretraining},
                                           {"AlbertForSequenceClassification", Task::classify},
                                           {"AlbertForTokenClassification", Task::tag},
                                           {"AlbertForQuestionAnswering", Task::span}};

}  // namespace

extern const Family kAlbert;
const Family kAlbert = {"albert", "", "albert.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
