// SPDX-License-Identifier: Apache-2.0
//
// The kernels of one instruction set, each declared with the type of its field; defined in the files of their names.
#pragma once

#include "kernels.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

template <class Pointer>
struct Pointee;
template <class Function>
struct Pointee<Function*> {
  using Type = Function;
};
template <class Pointer>
using Entry = typename Pointee<Pointer>::Type;

Entry<decltype(Kernels::packs)> packs;
Entry<decltype(Kernels::packed_bytes)> packed_bytes;
Entry<decltype(Kernels::pack)> pack;
Entry<decltype(Kernels::unpack)> unpack;
Entry<decltype(Kernels::decode)> decode;
Entry<decltype(Kernels::encode)> encode;
Entry<decltype(Kernels::rounds_input)> rounds_input;
Entry<decltype(Kernels::rounds_gradient)> rounds_gradient;
Entry<decltype(Kernels::linear)> linear;
Entry<decltype(Kernels::linear_backward)> linear_backward;
Entry<decltype(Kernels::matmul)> matmul;
Entry<decltype(Kernels::column_sum)> column_sum;
Entry<decltype(Kernels::embedding)> embedding;
Entry<decltype(Kernels::embedding_backward)> embedding_backward;
Entry<decltype(Kernels::gather_rows)> gather_rows;
Entry<decltype(Kernels::combine_rows)> combine_rows;
Entry<decltype(Kernels::combine_rows_backward)> combine_rows_backward;
Entry<decltype(Kernels::rms_norm)> rms_norm;
Entry<decltype(Kernels::rms_norm_backward)> rms_norm_backward;
Entry<decltype(Kernels::layer_norm)> layer_norm;
Entry<decltype(Kernels::layer_norm_backward)> layer_norm_backward;
Entry<decltype(Kernels::column_moments)> column_moments;
Entry<decltype(Kernels::batch_norm)> batch_norm;
Entry<decltype(Kernels::batch_norm_backward)> batch_norm_backward;
Entry<decltype(Kernels::rotary_table)> rotary_table;
Entry<decltype(Kernels::rotary)> rotary;
Entry<decltype(Kernels::attention)> attention;
Entry<decltype(Kernels::attention_backward)> attention_backward;
Entry<decltype(Kernels::attention_bias_backward)> attention_bias_backward;
Entry<decltype(Kernels::attention_probabilities)> attention_probabilities;
Entry<decltype(Kernels::distance_scores)> distance_scores;
Entry<decltype(Kernels::distance_scores_backward)> distance_scores_backward;
Entry<decltype(Kernels::convert)> convert;
Entry<decltype(Kernels::add)> add;
Entry<decltype(Kernels::accumulate)> accumulate;
Entry<decltype(Kernels::activation)> activation;
Entry<decltype(Kernels::activation_backward)> activation_backward;
Entry<decltype(Kernels::gated_activation)> gated_activation;
Entry<decltype(Kernels::gated_activation_backward)> gated_activation_backward;
Entry<decltype(Kernels::soft_cap)> soft_cap;
Entry<decltype(Kernels::soft_cap_backward)> soft_cap_backward;
Entry<decltype(Kernels::scale_columns)> scale_columns;
Entry<decltype(Kernels::scale_columns_backward)> scale_columns_backward;
Entry<decltype(Kernels::copy_columns)> copy_columns;
Entry<decltype(Kernels::copy_columns_backward)> copy_columns_backward;
Entry<decltype(Kernels::dropout)> dropout;
Entry<decltype(Kernels::cross_entropy)> cross_entropy;
Entry<decltype(Kernels::largest)> largest;
Entry<decltype(Kernels::adam)> adam;
Entry<decltype(Kernels::adam_8bit)> adam_8bit;
Entry<decltype(Kernels::sgd)> sgd;
Entry<decltype(Kernels::rmsprop)> rmsprop;
Entry<decltype(Kernels::adagrad)> adagrad;
Entry<decltype(Kernels::lion)> lion;
Entry<decltype(Kernels::adafactor_moments)> adafactor_moments;
Entry<decltype(Kernels::adafactor_square_sum)> adafactor_square_sum;
Entry<decltype(Kernels::adafactor)> adafactor;
Entry<decltype(Kernels::muon_direction)> muon_direction;
Entry<decltype(Kernels::approach)> approach;
Entry<decltype(Kernels::square_sum)> square_sum;
Entry<decltype(Kernels::absolute_sum)> absolute_sum;
Entry<decltype(Kernels::largest_absolute)> largest_absolute;
Entry<decltype(Kernels::clamp)> clamp;

extern const Kernels table;

}  // namespace graft::inline v0::cpu::GRAFT_ISA
