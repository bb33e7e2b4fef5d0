// SPDX-License-Identifier: Apache-2.0
//
// What a transformer is, as data. A difference between families is a field here.
#pragma once

#include <vector>

namespace graft::inline v0 {

struct TransformerConfig {
  int width = 0, layers = 0, heads = 0, kv_heads = 0, head_width = 0, mlp_width = 0, vocabulary = 0;
  int context = 0;  // the most positions
  float norm_epsilon = 1e-5f;
  float attention_scale = 0;                     // of the scores, 1 / sqrt(head_width) as a rule
  std::vector<float> inverse_frequency;          // of rotary positions; half of what turns in a head
  float rotary_scale = 1;                        // of cosine and sine
  bool qkv_bias = false, output_bias = false, mlp_bias = false;
  bool tied_head = false;
};

}  // namespace graft::inline v0
