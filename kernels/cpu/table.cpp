// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"

#define GRAFT_TEXT_OF(x) #x
#define GRAFT_TEXT(x) GRAFT_TEXT_OF(x)

namespace graft::inline v0::cpu::GRAFT_ISA {

const Kernels table = {
    .name = "cpu/" GRAFT_TEXT(GRAFT_ISA),
    .packs = packs,
    .packed_bytes = packed_bytes,
    .pack = pack,
    .unpack = unpack,
    .decode = decode,
    .encode = encode,
    .linear = linear,
    .linear_backward = linear_backward,
    .matmul = matmul,
    .column_sum = column_sum,
    .embedding = embedding,
    .embedding_backward = embedding_backward,
    .gather_rows = gather_rows,
    .rms_norm = rms_norm,
    .rms_norm_backward = rms_norm_backward,
    .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward,
    .column_moments = column_moments,
    .batch_norm = batch_norm,
    .batch_norm_backward = batch_norm_backward,
    .rotary_table = rotary_table,
    .rotary = rotary,
    .attention = attention,
    .attention_backward = attention_backward,
    .attention_bias_backward = attention_bias_backward,
    .attention_probabilities = attention_probabilities,
    .distance_scores = distance_scores,
    .distance_scores_backward = distance_scores_backward,
    .convert = convert,
    .add = add,
    .accumulate = accumulate,
    .activation = activation,
    .activation_backward = activation_backward,
    .gated_activation = gated_activation,
    .gated_activation_backward = gated_activation_backward,
    .soft_cap = soft_cap,
    .soft_cap_backward = soft_cap_backward,
    .scale_columns = scale_columns,
    .scale_columns_backward = scale_columns_backward,
    .copy_columns = copy_columns,
    .copy_columns_backward = copy_columns_backward,
    .dropout = dropout,
    .cross_entropy = cross_entropy,
    .adamw = adamw,
    .square_sum = square_sum,
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
