// SPDX-License-Identifier: Apache-2.0
//
// What BART and Marian share.
#pragma once

#include "models/family.hpp"

namespace graft::inline v0 {

// Encoder and decoder of a BART-like config, without positions and norms of the embeddings.
TransformerConfig read_bart(const JsonObject& json);

inline constexpr ModuleName kBartNames[] = {
    {"encoder.embedding", "model.shared"},
    {"encoder.embedding.positions", "model.encoder.embed_positions"},
    {"encoder.embedding.norm", "model.encoder.layernorm_embedding"},
    {"encoder.blocks.*.attention.query", "model.encoder.layers.*.self_attn.q_proj"},
    {"encoder.blocks.*.attention.key", "model.encoder.layers.*.self_attn.k_proj"},
    {"encoder.blocks.*.attention.value", "model.encoder.layers.*.self_attn.v_proj"},
    {"encoder.blocks.*.attention.output", "model.encoder.layers.*.self_attn.out_proj"},
    {"encoder.blocks.*.attention_norm", "model.encoder.layers.*.self_attn_layer_norm"},
    {"encoder.blocks.*.mlp.inner", "model.encoder.layers.*.fc1"},
    {"encoder.blocks.*.mlp.down", "model.encoder.layers.*.fc2"},
    {"encoder.blocks.*.mlp_norm", "model.encoder.layers.*.final_layer_norm"},
    {"embedding.positions", "model.decoder.embed_positions"},
    {"embedding.norm", "model.decoder.layernorm_embedding"},
    {"blocks.*.attention.query", "model.decoder.layers.*.self_attn.q_proj"},
    {"blocks.*.attention.key", "model.decoder.layers.*.self_attn.k_proj"},
    {"blocks.*.attention.value", "model.decoder.layers.*.self_attn.v_proj"},
    {"blocks.*.attention.output", "model.decoder.layers.*.self_attn.out_proj"},
    {"blocks.*.attention_norm", "model.decoder.layers.*.self_attn_layer_norm"},
    {"blocks.*.cross.query", "model.decoder.layers.*.encoder_attn.q_proj"},
    {"blocks.*.cross.key", "model.decoder.layers.*.encoder_attn.k_proj"},
    {"blocks.*.cross.value", "model.decoder.layers.*.encoder_attn.v_proj"},
    {"blocks.*.cross.output", "model.decoder.layers.*.encoder_attn.out_proj"},
    {"blocks.*.cross_norm", "model.decoder.layers.*.encoder_attn_layer_norm"},
    {"blocks.*.mlp.inner", "model.decoder.layers.*.fc1"},
    {"blocks.*.mlp.down", "model.decoder.layers.*.fc2"},
    {"blocks.*.mlp_norm", "model.decoder.layers.*.final_layer_norm"},
    {"head.bias", "final_logits_bias", "", Layout::one_row},
    {"head", "lm_head"},
};

}  // namespace graft::inline v0
