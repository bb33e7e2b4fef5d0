// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/attention.hpp"
#include "nn/mlp.hpp"

namespace graft::inline v0 {

// Attention and MLP, each behind a norm and beside a residual path.
class Block {
 public:
  Block(Parameters& parameters, const std::string& module, const TransformerConfig& config, int layer);
  Tensor operator()(Run& run, const Tensor& x, const RotaryTable& positions) const;

 private:
  float epsilon_;
  const Weight* attention_norm_;
  Attention attention_;
  const Weight* mlp_norm_;
  GatedMlp mlp_;
};

}  // namespace graft::inline v0
