// SPDX-License-Identifier: Apache-2.0
//
// Fields that the configs of several families share.
#pragma once

#include <functional>

#include "models/family.hpp"

namespace graft::inline v0 {

// An activation by transformers' name.
Activation read_activation(const JsonObject& json, std::string_view field, std::string fallback);

// Rotary positions of `json`: "rope_theta" and "rope_scaling" (transformers 4) or "rope_parameters" (transformers 5).
// Kinds: default, linear, dynamic, llama3, yarn. `head_width`: of which "partial_rotary_factor" turns.
RotaryConfig read_rotary(const JsonObject& json, int head_width, int context);
// The same from the settings of one kind of layer.
RotaryConfig make_rotary(const JsonObject& settings, double base, double part, int head_width, int context);
// Of layers with full attention, then of those with a window, where "rope_parameters" has both; else empty.
std::vector<RotaryConfig> read_layer_rotaries(const JsonObject& json, int head_width, int context);

// How many labels a classifier has: "num_labels", or those in "id2label", or 2.
int read_label_count(const JsonObject& json);

// Which layers are "sliding_attention" by "layer_types"; where there are none, `is_sliding` says it.
std::vector<LayerConfig> read_layers(const JsonObject& json, int count, int window,
                                     const std::function<bool(int layer)>& is_sliding);
// "sliding_window" for every layer.
void read_window(const JsonObject& json, StackConfig& stack);

// A share that is dropped while training, from 0 to below 1.
float read_rate(const JsonObject& json, std::string_view field, float absent);
// Attention whose heads all have their own keys, with biases; `width` is what `width_field` says.
AttentionConfig read_plain_attention(const JsonObject& json, std::string_view heads_field, std::string_view width_field,
                                     int width);
// The weight of the balance loss, where the config asks for it.
float read_balance(const JsonObject& json);

// Decoders like Llama: RMS norms, rotary positions, grouped keys, a gated MLP; "hidden_size" and so on.
TransformerConfig read_decoder(const JsonObject& json, Task task);
// Encoders like BERT: norms after the sums, learned positions, a plain MLP; without heads. Some call the fields
// otherwise.
struct EncoderFields {
  std::string_view width = "hidden_size", layers = "num_hidden_layers", heads = "num_attention_heads",
                   mlp_width = "intermediate_size", activation = "hidden_act", dropout = "hidden_dropout_prob",
                   attention_dropout = "attention_probs_dropout_prob";
};
TransformerConfig read_encoder(const JsonObject& json, const EncoderFields& fields = {});

// Heads of a decoder for the task.
std::vector<HeadConfig> decoder_heads(const JsonObject& json, Task task, const TransformerConfig& config);
// Heads of an encoder like BERT's: a pooler or dense layer of the first token before the classes.
struct EncoderHeads {
  Activation pooler = Activation::tanh;  // of the dense layer before the classes
  Activation masked = Activation::gelu;  // of the dense layer before the words
  int masked_width = 0;                  // of that layer
  bool has_pooler = true;                // of the bare trunk
};
std::vector<HeadConfig> encoder_heads(const JsonObject& json, Task task, const TransformerConfig& config,
                                      const EncoderHeads& heads);

}  // namespace graft::inline v0
