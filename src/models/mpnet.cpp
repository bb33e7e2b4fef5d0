// SPDX-License-Identifier: Apache-2.0
//
// MPNet (Song et al. 2020): RoBERTa with a relative bias of the attention, as T5 has it.
#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kFirstPosition = 2, kMostDistance = 128;

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_encoder(json);
  StackConfig& stack = config.stack;
  stack.attention.bias = BiasKind::relative;
  stack.attention.buckets = int(json.integer_or("relative_attention_num_buckets", 32, 4, 1 << 16));
  stack.attention.most_distance = kMostDistance;
  stack.embedding.first_position = kFirstPosition;
  stack.embedding.types = 0;
  config.context = stack.embedding.position_rows - kFirstPosition;
  if (config.context < 1) json.refuse("max_position_embeddings", "more than 2");
  config.heads = encoder_heads(json, task, config, {.masked = Activation::gelu});
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "mpnet.embeddings.word_embeddings"},
    {"embedding.positions", "mpnet.embeddings.position_embeddings"},
    {"embedding.norm", "mpnet.embeddings.LayerNorm"},
    {"relative_bias", "mpnet.encoder.relative_attention_bias"},
    {"blocks.*.attention.query", "mpnet.encoder.layer.*.attention.attn.q"},
    {"blocks.*.attention.key", "mpnet.encoder.layer.*.attention.attn.k"},
    {"blocks.*.attention.value", "mpnet.encoder.layer.*.attention.attn.v"},
    {"blocks.*.attention.output", "mpnet.encoder.layer.*.attention.attn.o"},
    {"blocks.*.attention_norm", "mpnet.encoder.layer.*.attention.LayerNorm"},
    {"blocks.*.mlp.inner", "mpnet.encoder.layer.*.intermediate.dense"},
    {"blocks.*.mlp.down", "mpnet.encoder.layer.*.output.dense"},
    {"blocks.*.mlp_norm", "mpnet.encoder.layer.*.output.LayerNorm"},
    {"pooler.dense", "mpnet.pooler.dense"},
    {"head.dense", "lm_head.dense"},
    {"head.norm", "lm_head.layer_norm"},
    {"head.bias", "lm_head.bias"},
    {"head", "lm_head.decoder"},
    {"classifier.dense", "classifier.dense"},
    {"classifier", "classifier.out_proj"},
    {"tags", "classifier"},
    {"span", "qa_outputs"},
};

constexpr Architecture kArchitectures[] = {{"MPNetModel", Task::features},
                                           {"MPNetForMaskedLM", Task::masked},
                                           {"MPNetForSequenceClassification", Task::classify},
                                           {"MPNetForTokenClassification", Task::tag},
                                           {"MPNetForQuestionAnswering", Task::span}};

}  // namespace

extern const Family kMpnet;
const Family kMpnet = {"mpnet", "", "mpnet.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
