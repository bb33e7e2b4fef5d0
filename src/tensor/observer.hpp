// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

// Whose keys an attention reads: an encoder's, a decoder's own, or the encoder's for a decoder.
enum class AttentionKind : uint8_t { encoder, self, cross };

// Sees the insides of a pass. What is not set costs nothing.
struct Observer {
  // After the embeddings (layer 0) and after each block; the last one after the final norm.
  std::function<void(AttentionKind kind, int layer, const Tensor& hidden)> on_hidden;
  // Probabilities [head, query, key] of one sequence, recomputed from q, k and the log-sum-exp.
  std::function<void(AttentionKind, int layer, int sequence, int heads, int queries, int keys,
                     const float* probabilities)>
      on_attention;
};

}  // namespace graft::inline v0
