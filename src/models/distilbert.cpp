// SPDX-License-Identifier: Apache-2.0
//
// DistilBERT (Sanh et al. 2019): BERT with half the layers, without token types and pooler.
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

constexpr EncoderFields kFields = {"dim",        "n_layers", "n_heads",          "hidden_dim",
                                   "activation", "dropout",  "attention_dropout"};

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_encoder(json, kFields);
  config.stack.embedding.types = 0;
  config.heads = encoder_heads(
      json, task, config, {.pooler = Activation::relu, .masked = config.stack.mlp.activation, .has_pooler = false});
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
