// SPDX-License-Identifier: Apache-2.0
//
// BART (Lewis et al. 2020): the Transformer with learned positions from the third row on and norms of the embeddings.
#include "models/bart.hpp"

#include <cmath>

#include "models/limits.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kFirstPosition = 2;

StackConfig read_stack(const JsonObject& json, const std::string& side) {
  StackConfig stack;
  stack.width = int(json.integer("d_model", 1, kMaxWidth));
  stack.layers.assign(size_t(json.integer(side + "_layers", 1, kMaxLayers)), {.rotary = -1});
  stack.attention = read_plain_attention(json, side + "_attention_heads", "d_model", stack.width);
  stack.attention.causal = side == "decoder";
  stack.mlp = {.width = int(json.integer(side + "_ffn_dim", 1, kMaxWidth)),
               .activation = read_activation(json, "activation_function", "gelu"),
               .gated = false,
               .bias = true};
  stack.norm = {NormConfig::Kind::layer, 1e-5f, true};
  stack.norm_place = NormPlace::after;
  stack.final_norm = false;
  stack.crosses = stack.attention.causal;
  stack.dropout = read_rate(json, "dropout", 0.1f);
  stack.embedding = {.vocabulary = int(json.integer("vocab_size", 1, kMaxVocabulary)),
                     .width = stack.width,
                     .padding = int(json.integer_or("pad_token_id", -1, -1, kMaxVocabulary))};
  if (json.flag_or("scale_embedding", false)) stack.embedding.scale = std::sqrt(float(stack.width));
  return stack;
}

TransformerConfig configure(const JsonObject& json, Task) {
  TransformerConfig config = read_bart(json);
  for (StackConfig* stack : {&*config.encoder, &config.stack}) {
    stack->embedding.positions = Positions::learned;
    stack->embedding.position_rows = config.context + kFirstPosition;
    stack->embedding.first_position = kFirstPosition;
    stack->embedding.norm = true;
  }
  return config;
}

constexpr Architecture kArchitectures[] = {{"BartForConditionalGeneration", Task::translate}};

}  // namespace

TransformerConfig read_bart(const JsonObject& json) {
  TransformerConfig config;
  config.encoder = read_stack(json, "encoder");
  config.stack = read_stack(json, "decoder");
  config.context = int(json.integer_or("max_position_embeddings", 1024, 1, kMaxContext));
  config.start_token = int(json.integer_or("decoder_start_token_id", 2, 0, kMaxVocabulary));
  config.initial_deviation = float(json.number_or("init_std", 0.02));
  HeadConfig head;
  head.outputs = config.stack.embedding.vocabulary;
  head.tied = json.flag_or("tie_word_embeddings", true);
  head.bias = true;
  config.heads = {head};
  return config;
}

extern const Family kBart;
const Family kBart = {"bart", "", "", kArchitectures, configure, kBartNames};

}  // namespace graft::inline v0
