// SPDX-License-Identifier: Apache-2.0
//
// What decoders like Llama call their modules. The families differ in which of them they have.
#pragma once

#include "models/family.hpp"

namespace graft::inline v0 {

inline constexpr ModuleName kLlamaNames[] = {
    {"embedding", "model.embed_tokens", "token_embd"},
    {"blocks.*.attention_norm", "model.layers.*.input_layernorm", "blk.*.attn_norm"},
    {"blocks.*.attention.query", "model.layers.*.self_attn.q_proj", "blk.*.attn_q", Layout::rotary_rows},
    {"blocks.*.attention.key", "model.layers.*.self_attn.k_proj", "blk.*.attn_k", Layout::rotary_rows},
    {"blocks.*.attention.value", "model.layers.*.self_attn.v_proj", "blk.*.attn_v"},
    {"blocks.*.attention.output", "model.layers.*.self_attn.o_proj", "blk.*.attn_output"},
    {"blocks.*.mlp_norm", "model.layers.*.post_attention_layernorm", "blk.*.ffn_norm"},
    {"blocks.*.mlp.gate", "model.layers.*.mlp.gate_proj", "blk.*.ffn_gate"},
    {"blocks.*.mlp.up", "model.layers.*.mlp.up_proj", "blk.*.ffn_up"},
    {"blocks.*.mlp.down", "model.layers.*.mlp.down_proj", "blk.*.ffn_down"},
    {"norm", "model.norm", "output_norm"},
    {"head", "lm_head", "output"},
    {"classifier", "score"},
    {"tags", "score"},
};

// The same for families whose GGUF files keep the rows of queries and keys as they are, with the norms of heads.
inline constexpr ModuleName kQwenNames[] = {
    {"embedding", "model.embed_tokens", "token_embd"},
    {"blocks.*.attention_norm", "model.layers.*.input_layernorm", "blk.*.attn_norm"},
    {"blocks.*.attention.query", "model.layers.*.self_attn.q_proj", "blk.*.attn_q"},
    {"blocks.*.attention.key", "model.layers.*.self_attn.k_proj", "blk.*.attn_k"},
    {"blocks.*.attention.value", "model.layers.*.self_attn.v_proj", "blk.*.attn_v"},
    {"blocks.*.attention.qkv", "model.layers.*.self_attn.qkv_proj", "blk.*.attn_qkv"},
    {"blocks.*.attention.query_norm", "model.layers.*.self_attn.q_norm", "blk.*.attn_q_norm"},
    {"blocks.*.attention.key_norm", "model.layers.*.self_attn.k_norm", "blk.*.attn_k_norm"},
    {"blocks.*.attention.output", "model.layers.*.self_attn.o_proj", "blk.*.attn_output"},
    {"blocks.*.mlp_norm", "model.layers.*.post_attention_layernorm", "blk.*.ffn_norm"},
    {"blocks.*.mlp.gate", "model.layers.*.mlp.gate_proj", "blk.*.ffn_gate"},
    {"blocks.*.mlp.up", "model.layers.*.mlp.up_proj", "blk.*.ffn_up"},
    {"blocks.*.mlp.gate_up", "model.layers.*.mlp.gate_up_proj", "blk.*.ffn_up"},
    {"blocks.*.mlp.down", "model.layers.*.mlp.down_proj", "blk.*.ffn_down"},
    {"blocks.*.mlp.router", "model.layers.*.mlp.gate"},
    {"blocks.*.mlp.experts.*.gate", "model.layers.*.mlp.experts.*.gate_proj"},
    {"blocks.*.mlp.experts.*.up", "model.layers.*.mlp.experts.*.up_proj"},
    {"blocks.*.mlp.experts.*.down", "model.layers.*.mlp.experts.*.down_proj"},
    {"blocks.*.mlp.shared.gate", "model.layers.*.mlp.shared_expert.gate_proj"},
    {"blocks.*.mlp.shared.up", "model.layers.*.mlp.shared_expert.up_proj"},
    {"blocks.*.mlp.shared.down", "model.layers.*.mlp.shared_expert.down_proj"},
    {"blocks.*.mlp.shared_gate", "model.layers.*.mlp.shared_expert_gate"},
    {"norm", "model.norm", "output_norm"},
    {"head", "lm_head", "output"},
    {"classifier", "score"},
    {"tags", "score"},
};

}  // namespace graft::inline v0
