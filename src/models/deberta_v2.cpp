// SPDX-License-Identifier: Apache-2.0
//
// DeBERTa v2 and v3 (He et al. 2021): attention between contents, and between contents and distances.
#include <algorithm>
#include <cmath>

#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

// "pos_att_type" is a list, or text with bars: "p2c|c2p".
bool has_kind(const JsonObject& json, std::string_view kind) {
  const Json* kinds = json.find("pos_att_type");
  if (!kinds) return false;
  if (kinds->is_string()) return kinds->get<std::string>().find(kind) != std::string::npos;
  return kinds->is_array() && std::find(kinds->begin(), kinds->end(), Json(std::string(kind))) != kinds->end();
}

void check_variants(const JsonObject& json) {
  if (!json.flag_or("relative_attention", false)) json.refuse("relative_attention", "true");
  if (!json.flag_or("share_att_key", false)) json.refuse("share_att_key", "true");
  if (json.integer_or("conv_kernel_size", 0, 0, 1 << 12) != 0) json.refuse("conv_kernel_size", "0");
  if (json.flag_or("position_biased_input", true)) json.refuse("position_biased_input", "false");
}

TransformerConfig configure(const JsonObject& json, Task task) {
  check_variants(json);
  TransformerConfig config = read_encoder(json);
  StackConfig& stack = config.stack;
  AttentionConfig& attention = stack.attention;
  attention.bias = BiasKind::disentangled;
  attention.content_to_position = has_kind(json, "c2p");
  attention.position_to_content = has_kind(json, "p2c");
  const int kinds = 1 + int(attention.content_to_position) + int(attention.position_to_content);
  attention.scale = 1 / std::sqrt(float(attention.head_width * kinds));
  const int64_t most = json.integer_or("max_relative_positions", -1, -1, kMaxContext);
  attention.most_distance = most < 1 ? config.context : int(most);
  attention.buckets = int(std::max<int64_t>(0, json.integer_or("position_buckets", -1, -1, kMaxContext)));
  attention.span = attention.buckets > 0 ? attention.buckets : attention.most_distance;
  attention.norm_of_relative = json.text_or("norm_rel_ebd", "none").find("layer_norm") != std::string::npos;
  stack.embedding.positions = Positions::none;
  stack.embedding.types = int(json.integer_or("type_vocab_size", 0, 0, kMaxVocabulary));
  config.heads = encoder_heads(json, task, config,
                               {.pooler = read_activation(json, "pooler_hidden_act", "gelu"),
                                .masked = stack.mlp.activation,
                                .has_pooler = false});
  return config;
}

constexpr ModuleName kNames[] = {
    {"embedding", "deberta.embeddings.word_embeddings"},
    {"embedding.types", "deberta.embeddings.token_type_embeddings"},
    {"embedding.norm", "deberta.embeddings.LayerNorm"},
    {"embedding.projection", "deberta.embeddings.embed_proj"},
    {"relative_embedding", "deberta.encoder.rel_embeddings"},
    {"relative_norm", "deberta.encoder.LayerNorm"},
    {"blocks.*.attention.query", "deberta.encoder.layer.*.attention.self.query_proj"},
    {"blocks.*.attention.key", "deberta.encoder.layer.*.attention.self.key_proj"},
    {"blocks.*.attention.value", "deberta.encoder.layer.*.attention.self.value_proj"},
    {"blocks.*.attention.output", "deberta.encoder.layer.*.attention.output.dense"},
    {"blocks.*.attention_norm", "deberta.encoder.layer.*.attention.output.LayerNorm"},
    {"blocks.*.mlp.inner", "deberta.encoder.layer.*.intermediate.dense"},
    {"blocks.*.mlp.down", "deberta.encoder.layer.*.output.dense"},
    {"blocks.*.mlp_norm", "deberta.encoder.layer.*.output.LayerNorm"},
    {"head.dense", "cls.predictions.transform.dense"},
    {"head.norm", "cls.predictions.transform.LayerNorm"},
    {"head.bias", "cls.predictions.bias"},
    {"head", "cls.predictions.decoder"},
    {"classifier.dense", "pooler.dense"},
    {"classifier", "classifier"},
    {"tags", "classifier"},
    {"span", "qa_outputs"},
};

constexpr Architecture kArchitectures[] = {{"DebertaV2Model", Task::features},
                                           {"DebertaV2ForMaskedLM", Task::masked},
                                           {"DebertaV2ForSequenceClassification", Task::classify},
                                           {"DebertaV2ForTokenClassification", Task::tag},
                                           {"DebertaV2ForQuestionAnswering", Task::span}};

}  // namespace

extern const Family kDebertaV2;
const Family kDebertaV2 = {"deberta-v2", "", "deberta.", kArchitectures, configure, kNames};

}  // namespace graft::inline v0
