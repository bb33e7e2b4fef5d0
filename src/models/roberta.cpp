// SPDX-License-Identifier: Apache-2.0
//
// RoBERTa (Liu et al. 2019) and XLM-R (Conneau et al. 2020): BERT whose positions begin behind the padding's id.
#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_encoder(json);
  EmbeddingConfig& embedding = config.stack.embedding;
  embedding.first_position = int(json.integer_or("pad_token_id", 1, 0, kMaxVocabulary)) + 1;
  config.context = embedding.position_rows - embedding.first_position;
  if (config.context < 1) json.refuse("max_position_embeddings", "more than pad_token_id + 1");
  config.heads = encoder_heads(json, task, config, {.masked = Activation::gelu});
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "roberta.embeddings.word_embeddings"},
    {"embedding.positions", "roberta.embeddings.position_embeddings"},
    {"embedding.types", "roberta.embeddings.token_type_embeddings"},
    {"embedding.norm", "roberta.embeddings.LayerNorm"},
    {"blocks.*.attention.query", "roberta.encoder.layer.*.attention.self.query"},
    {"blocks.*.attention.key", "roberta.encoder.layer.*.attention.self.key"},
    {"blocks.*.attention.value", "roberta.encoder.layer.*.attention.self.value"},
    {"blocks.*.attention.output", "roberta.encoder.layer.*.attention.output.dense"},
    {"blocks.*.attention_norm", "roberta.encoder.layer.*.attention.output.LayerNorm"},
    {"blocks.*.mlp.inner", "roberta.encoder.layer.*.intermediate.dense"},
    {"blocks.*.mlp.down", "roberta.encoder.layer.*.output.dense"},
    {"blocks.*.mlp_norm", "roberta.encoder.layer.*.output.LayerNorm"},
    {"pooler.dense", "roberta.pooler.dense"},
    {"head.dense", "lm_head.dense"},
    {"head.norm", "lm_head.layer_norm"},
    {"head.bias", "lm_head.bias"},
    {"head", "lm_head.decoder"},
    {"classifier.dense", "classifier.dense"},
    {"classifier", "classifier.out_proj"},
    {"tags", "classifier"},
    {"span", "qa_outputs"},
};

constexpr Architecture kArchitectures[] = {{"RobertaModel", Task::features},
                                           {"RobertaForMaskedLM", Task::masked},
                                           {"RobertaForSequenceClassification", Task::classify},
                                           {"RobertaForTokenClassification", Task::tag},
                                           {"RobertaForQuestionAnswering", Task::span}};
constexpr Architecture kXlmArchitectures[] = {{"XLMRobertaModel", Task::features},
                                              {"XLMRobertaForMaskedLM", Task::masked},
                                              {"XLMRobertaForSequenceClassification", Task::classify},
                                              {"XLMRobertaForTokenClassification", Task::tag},
                                              {"XLMRobertaForQuestionAnswering", Task::span}};

}  // namespace

extern const Family kRoberta, kXlmRoberta;
const Family kRoberta = {"roberta", "", "roberta.", kArchitectures, configure, kNames};
const Family kXlmRoberta = {"xlm-roberta", "", "roberta.", kXlmArchitectures, configure, kNames};

}  // namespace graft::inline v0
