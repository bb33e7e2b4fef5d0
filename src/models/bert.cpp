// SPDX-License-Identifier: Apache-2.0
//
// BERT (Devlin et al. 2019).
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_encoder(json);
  config.heads = encoder_heads(json, task, config, {.masked = config.stack.mlp.activation});
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "bert.embeddings.word_embeddings", "token_embd"},
    {"embedding.positions", "bert.embeddings.position_embeddings", "position_embd"},
    {"embedding.types", "bert.embeddings.token_type_embeddings", "token_types"},
    {"embedding.norm", "bert.embeddings.LayerNorm", "token_embd_norm"},
    {"blocks.*.attention.query", "bert.encoder.layer.*.attention.self.query", "blk.*.attn_q"},
    {"blocks.*.attention.key", "bert.encoder.layer.*.attention.self.key", "blk.*.attn_k"},
    {"blocks.*.attention.value", "bert.encoder.layer.*.attention.self.value", "blk.*.attn_v"},
    {"blocks.*.attention.output", "bert.encoder.layer.*.attention.output.dense", "blk.*.attn_output"},
    {"blocks.*.attention_norm", "bert.encoder.layer.*.attention.output.LayerNorm", "blk.*.attn_output_norm"},
    {"blocks.*.mlp.inner", "bert.encoder.layer.*.intermediate.dense", "blk.*.ffn_up"},
    {"blocks.*.mlp.down", "bert.encoder.layer.*.output.dense", "blk.*.ffn_down"},
    {"blocks.*.mlp_norm", "bert.encoder.layer.*.output.LayerNorm", "blk.*.layer_output_norm"},
    {"pooler.dense", "bert.pooler.dense"},
    {"head.dense", "cls.predictions.transform.dense"},
    {"head.norm", "cls.predictions.transform.LayerNorm"},
    {"head.bias", "cls.predictions.bias"},
    {"head", "cls.predictions.decoder"},
    {"next.dense", "bert.pooler.dense"},
    {"next", "cls.seq_relationship"},
    {"classifier.dense", "bert.pooler.dense"},
    {"classifier", "classifier"},
    {"tags", "classifier"},
    {"span", "qa_outputs"},
};

constexpr Architecture kArchitectures[] = {{"BertModel", Task::features},
                                           {"BertForMaskedLM", Task::masked},
                                           {"BertForPreTraining", Task::pretraining},
                                           {"BertForSequenceClassification", Task::classify},
                                           {"BertForTokenClassification", Task::tag},
                                           {"BertForQuestionAnswering", Task::span}};

}  // namespace

extern const Family kBert;
const Family kBert = {"bert", "bert", "bert.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
