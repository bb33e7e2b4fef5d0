// SPDX-License-Identifier: Apache-2.0
#include "models/gguf_config.hpp"

#include <charconv>

#include "models/family.hpp"
#include "models/limits.hpp"
#include "models/rotary.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

enum class Kind { integer, number };

// "gguf" stands behind the architecture: "llama.block_count".
struct Field {
  std::string_view gguf, config;
  Kind kind;
  std::string_view only = "";  // the architecture that calls it so; empty: all
};

constexpr Field kFields[] = {
    {"embedding_length", "hidden_size", Kind::integer},
    {"block_count", "num_hidden_layers", Kind::integer},
    {"attention.head_count", "num_attention_heads", Kind::integer},
    {"attention.head_count_kv", "num_key_value_heads", Kind::integer},
    {"attention.key_length", "head_dim", Kind::integer},
    {"feed_forward_length", "intermediate_size", Kind::integer},
    {"context_length", "max_position_embeddings", Kind::integer},
    {"vocab_size", "vocab_size", Kind::integer},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps", Kind::number},
    {"attention.layer_norm_epsilon", "layer_norm_eps", Kind::number},
    {"attention.sliding_window", "sliding_window", Kind::integer},
    {"attn_logit_softcapping", "attn_logit_softcapping", Kind::number},
    {"final_logit_softcapping", "final_logit_softcapping", Kind::number},
    {"rope.freq_base", "rope_theta", Kind::number},
    {"embedding_length", "n_embd", Kind::integer, "gpt2"},
    {"block_count", "n_layer", Kind::integer, "gpt2"},
    {"attention.head_count", "n_head", Kind::integer, "gpt2"},
    {"feed_forward_length", "n_inner", Kind::integer, "gpt2"},
    {"context_length", "n_positions", Kind::integer, "gpt2"},
    {"attention.layer_norm_epsilon", "layer_norm_epsilon", Kind::number, "gpt2"},
    {"attention.layer_norm_epsilon", "norm_epsilon", Kind::number, "starcoder2"},
};

// GGUF keeps numbers as floats. What a config.json would say is the shortest decimal that reads back as that float:
// 1e-05 rather than 9.999999747378752e-06.
double as_written(double number) {
  if (double(float(number)) != number) return number;
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, float(number)).ptr;
  std::from_chars(text, end, number);
  return number;
}

// GGUF cannot say Gemma's query_pre_attn_scalar. It is the width of a head, but for the models of 27B, which programs
// know by their layers: there it is the model's width over its heads.
void set_gemma_scale(std::string_view architecture, Json& config) {
  const int layers_of_27b = architecture == "gemma2" ? 46 : architecture == "gemma3" ? 62 : 0;
  if (layers_of_27b == 0 || config.value("num_hidden_layers", 0) != layers_of_27b) return;
  const double width = config.value("hidden_size", 0), heads = config.value("num_attention_heads", 0);
  if (width > 0 && heads > 0) config["query_pre_attn_scalar"] = width / heads;
}

void read_rope_scaling(const GgufMetadata& metadata, const std::string& prefix, Json& config) {
  const std::string kind(metadata.text_or(prefix + "rope.scaling.type", "none"));
  if (kind == "none") return;
  Json scaling = {{"rope_type", kind}, {"factor", as_written(metadata.number_or(prefix + "rope.scaling.factor", 1))}};
  if (metadata.has(prefix + "rope.scaling.original_context_length"))
    scaling["original_max_position_embeddings"] = metadata.number(prefix + "rope.scaling.original_context_length");
  config["rope_scaling"] = scaling;
}

}  // namespace

Json config_of(const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  const std::string architecture(metadata.text("general.architecture"));
  Json config = {{"model_type", architecture}};
  for (const Family* family : families())
    if (family->gguf == architecture) {
      config["model_type"] = std::string(family->model_type);
      config["architectures"] = {std::string(family->architectures[0].name)};
    }
  const std::string prefix = architecture + ".";
  for (const Field& field : kFields) {
    const std::string key = prefix + std::string(field.gguf);
    if (!metadata.has(key) || (!field.only.empty() && field.only != architecture)) continue;
    if (field.kind == Kind::integer)
      config[std::string(field.config)] = metadata.integer(key, 0, kMaxContext);
    else
      config[std::string(field.config)] = as_written(metadata.number(key));
  }
  if (const std::string turning = prefix + "rope.dimension_count", width = prefix + "attention.key_length";
      metadata.has(turning) && metadata.has(width))
    config["partial_rotary_factor"] =
        double(metadata.integer(turning, 1, kMaxWidth)) / double(metadata.integer(width, 1, kMaxWidth));
  if (const GgufTensor* table = file.find("token_embd.weight"); table && !table->shape.empty())
    config["vocab_size"] = table->shape[0];
  config["tie_word_embeddings"] = file.find("output.weight") == nullptr;
  for (const std::string name : {"bos_token_id", "eos_token_id"})
    if (metadata.has("tokenizer.ggml." + name)) config[name] = metadata.integer("tokenizer.ggml." + name, 0, INT32_MAX);
  read_rope_scaling(metadata, prefix, config);
  set_gemma_scale(architecture, config);
  return config;
}

Json kept_config(const JsonObject& json, std::string_view architecture) {
  Json kept = Json::object();
  for (const Field& field : kFields)
    if (const Json* value = json.find(field.config); value && (field.only.empty() || field.only == architecture))
      kept[std::string(field.config)] = *value;
  set_gemma_scale(architecture, kept);
  const JsonObject settings = rotary_settings(json);
  kept["rope_theta"] = rotary_base(json);
  const double part = settings.number_or("partial_rotary_factor", json.number_or("partial_rotary_factor", 1));
  kept["partial_rotary_factor"] = part;
  if (json.has("tie_word_embeddings")) kept["tie_word_embeddings"] = json.flag_or("tie_word_embeddings", false);
  const std::string kind = settings.text_or("rope_type", settings.text_or("type", "default"));
  if (kind == "linear" || kind == "yarn") {
    kept["rope_scaling"] = {{"rope_type", kind}, {"factor", settings.number("factor")}};
    if (settings.has("original_max_position_embeddings"))
      kept["rope_scaling"]["original_max_position_embeddings"] = settings.number("original_max_position_embeddings");
  }
  return kept;
}

void write_config(const JsonObject& json, const TransformerConfig& config, std::string_view architecture,
                  GgufWriter& writer) {
  const std::string prefix = std::string(architecture) + ".";
  const auto set = [&](const char* key, auto value) { writer.set(prefix + key, value); };
  const StackConfig& stack = config.stack;
  const AttentionConfig& attention = stack.attention;
  set("embedding_length", uint32_t(stack.width));
  set("block_count", uint32_t(stack.layers.size()));
  set("attention.head_count", uint32_t(attention.heads));
  set("attention.head_count_kv", uint32_t(attention.kv_heads));
  set("attention.key_length", uint32_t(attention.head_width));
  set("attention.value_length", uint32_t(attention.head_width));
  set("feed_forward_length", uint32_t(stack.mlp.width));
  set("context_length", uint32_t(config.context));
  set("vocab_size", uint32_t(stack.embedding.vocabulary));
  const bool is_rms = stack.norm.kind == NormConfig::Kind::rms;
  set(is_rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", stack.norm.epsilon);
  if (const int window = stack.layers[0].window) set("attention.sliding_window", uint32_t(window));
  if (attention.soft_cap > 0) set("attn_logit_softcapping", attention.soft_cap);
  if (const float cap = config.heads.at(0).soft_cap; cap > 0) set("final_logit_softcapping", cap);
  if (stack.rotary.empty()) return;
  set("rope.freq_base", float(rotary_base(json)));
  set("rope.dimension_count", uint32_t(2 * stack.rotary[0].inverse_frequency.size()));
  const JsonObject scaling = rotary_settings(json);
  const std::string kind = scaling.text_or("rope_type", scaling.text_or("type", "default"));
  if (kind != "linear" && kind != "yarn") return;
  set("rope.scaling.type", kind);
  set("rope.scaling.factor", float(scaling.number("factor")));
  if (scaling.has("original_max_position_embeddings"))
    set("rope.scaling.original_context_length",
        uint32_t(scaling.integer("original_max_position_embeddings", 1, kMaxContext)));
}

}  // namespace graft::inline v0
