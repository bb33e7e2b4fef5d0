// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/config.hpp"
#include "nn/parameters.hpp"

namespace graft::inline v0 {

// Causal self-attention with rotary positions and grouped keys and values (Ainslie et al. 2023).
class Attention {
 public:
  Attention(Parameters& parameters, const std::string& module, const TransformerConfig& config, int layer);
  Tensor operator()(Run& run, const Tensor& x, const RotaryTable& positions) const;

 private:
  AttentionShape shape_;
  int layer_;
  Projection qkv_[3];
  Projection output_;
};

}  // namespace graft::inline v0
