// SPDX-License-Identifier: Apache-2.0
//
// What a transformer is, as data. A difference between families is a field here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels.hpp"

namespace graft::inline v0 {

struct NormConfig {
  enum class Kind { rms, layer };
  Kind kind = Kind::rms;
  float epsilon = 1e-5f;
  bool bias = false;
  float offset = 0;  // of an rms norm's gain: Gemma's gains are 1 + weight
};

// Where the norms of a branch stand: before it, after the sum (the Transformer of 2017, BERT), or before it and on its
// output (Gemma 2).
enum class NormPlace { before, after, both };

// A checkpoint's fused query, key and value: as three parts of the rows, or head by head (GPT-NeoX).
enum class FusedQkv { none, parts, heads };

// What is added to the scores of attention.
enum class BiasKind { none, relative, alibi, disentangled };

struct AttentionConfig {
  int heads = 0, kv_heads = 0, head_width = 0;
  float scale = 0;     // of the scores, 1 / sqrt(head_width) as a rule
  float soft_cap = 0;  // of the scores; 0: none
  bool causal = true;
  bool qkv_bias = false, output_bias = false;
  FusedQkv fused = FusedQkv::none;
  bool head_norms = false;  // of each head's query and key
  float dropout = 0;        // of the probabilities, while training

  BiasKind bias = BiasKind::none;
  int buckets = 0, most_distance = 0;  // of relative and disentangled biases
  int span = 0;                        // disentangled: distances from -span on have vectors, and as many from 0 on
  bool norm_of_relative = false;       // disentangled: the stack's norm is applied to those vectors
  bool content_to_position = false, position_to_content = false;  // disentangled
};

struct ExpertsConfig {
  int count = 0, used = 0, width = 0;  // count 0: none
  bool normalized = true;              // the weights of the used ones sum to 1
  int shared_width = 0;                // of an expert that every token takes, behind a gate of its own; 0: none
  float balance = 0;                   // weight of the balance loss
};

struct MlpConfig {
  int width = 0;
  Activation activation = Activation::silu;
  bool gated = true;
  bool fused = false;  // gate and up are one matrix of the checkpoint
  bool bias = false;
  ExpertsConfig experts = {};
};

struct LayerConfig {
  int window = 0;  // keys less than this far away are seen; 0: all
  int rotary = 0;  // which of the rotary positions turn queries and keys; -1: none
  bool routed = false;
};

struct RotaryConfig {
  std::vector<float> inverse_frequency;  // half of what turns in a head
  float scale = 1;                       // of cosine and sine
};

enum class Positions { none, learned, sinusoidal };

struct EmbeddingConfig {
  int vocabulary = 0;
  int width = 0;  // of the table; where it is not the model's, a projection follows
  bool projection_bias = false;
  bool positions_after_projection = false;
  float scale = 1;  // of the tokens' vectors
  Positions positions = Positions::none;
  int position_rows = 0, first_position = 0;  // learned: the table's rows, and the row of a sequence's first token
  int types = 0;                              // token types
  bool norm = false;
  int padding = -1;  // a token whose vector is not trained; -1: none
};

// Embeddings and blocks: a decoder, or an encoder.
struct StackConfig {
  int width = 0;
  std::vector<LayerConfig> layers;
  bool shared_layers = false;  // all of them have the same weights (ALBERT)
  EmbeddingConfig embedding;
  AttentionConfig attention;
  MlpConfig mlp;
  NormConfig norm;
  NormPlace norm_place = NormPlace::before;
  bool first_norm = true;  // ModernBERT's first block has no norm before its attention
  bool parallel = false;   // attention and MLP read the same input (GPT-NeoX)
  bool final_norm = true;
  int output_width = 0;  // hidden states are brought to this width at the end (OPT-350m); 0: they stay
  bool crosses = false;  // attends to an encoder
  std::vector<RotaryConfig> rotary;
  float dropout = 0;  // of embeddings and branches, while training
};

// From hidden states to scores: choose rows, a dense layer with activation and norm, a matrix.
struct HeadConfig {
  enum class Rows { all, first, last };
  std::string module = "head";
  Rows rows = Rows::all;
  int dense = 0;  // width of the layer before; 0: none
  bool dense_bias = true;
  Activation activation = Activation::identity;
  bool norm = false;
  NormConfig norm_config = {};
  int outputs = 0;    // 0: the dense layer's values are the result
  bool tied = false;  // the matrix is the embedding
  bool bias = false;
  float scale = 1, soft_cap = 0;  // of the scores
  float dropout = 0;              // before the matrix, while training
};

struct TransformerConfig {
  int context = 0;  // the most positions
  std::optional<StackConfig> encoder;
  StackConfig stack;  // the decoder; of an encoder-only model, the encoder
  std::vector<HeadConfig> heads;
  int start_token = -1;  // of a decoder that follows an encoder
  float initial_deviation = 0.02f;
  bool scales_residual = false;  // initial values of what goes onto the residual path are divided by sqrt(2 · layers)
};

}  // namespace graft::inline v0
