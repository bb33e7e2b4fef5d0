// SPDX-License-Identifier: Apache-2.0
//
// ELECTRA (Clark et al. 2020): BERT with narrower embeddings, trained to tell which tokens were replaced.
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_encoder(json);
  config.heads = encoder_heads(json, task, config,
                               {.pooler = Activation::gelu,
                                .masked = Activation::gelu,
                                .masked_width = config.stack.embedding.width,
                                .has_pooler = false});
  if (task != Task::discriminate) return config;
  HeadConfig replaced;
  replaced.module = "replaced";
  replaced.dense = config.stack.width;
  replaced.activation = config.stack.mlp.activation;
  replaced.outputs = 1;
  replaced.bias = true;
  config.heads = {replaced};
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "electra.embeddings.word_embeddings"},
    {"embedding.positions", "electra.embeddings.position_embeddings"},
    {"embedding.types", "electra.embeddings.token_type_embeddings"},
    {"embedding.norm", "electra.embeddings.LayerNorm"},
    {"embedding.projection", "electra.embeddings_project"},
    {"blocks.*.attention.query", "electra.encoder.layer.*.attention.self.query"},
    {"blocks.*.attention.key", "electra.encoder.layer.*.attention.self.key"},
    {"blocks.*.attention.value", "electra.encoder.layer.*.attention.self.value"},
    {"blocks.*.attention.output", "electra.encoder.layer.*.attention.output.dense"},
    {"blocks.*.attention_norm", "electra.encoder.layer.*.attention.output.LayerNorm"},
    {"blocks.*.mlp.inner", "electra.encoder.layer.*.intermediate.dense"},
    {"blocks.*.mlp.down", "electra.encoder.layer.*.output.dense"},
    {"blocks.*.mlp_norm", "electra.encoder.layer.*.output.LayerNorm"},
    {"head.dense", "generator_predictions.dense"},
    {"head.norm", "generator_predictions.LayerNorm"},
    {"head", "generator_lm_head"},
    {"replaced.dense", "discriminator_predictions.dense"},
    {"replaced", "discriminator_predictions.dense_prediction"},
    {"classifier.dense", "classifier.dense"},
    {"classifier", "classifier.out_proj"},
    {"tags", "classifier"},
    {"span", "qa_outputs"},
};

constexpr Architecture kArchitectures[] = {{"ElectraModel", Task::features},
                                           {"ElectraForPreTraining", Task::discriminate},
                                           {"ElectraForMaskedLM", Task::masked},
                                           {"ElectraForSequenceClassification", Task::classify},
                                           {"ElectraForTokenClassification", Task::tag},
                                           {"ElectraForQuestionAnswering", Task::span}};

}  // namespace

extern const Family kElectra;
const Family kElectra = {"electra", "", "electra.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
