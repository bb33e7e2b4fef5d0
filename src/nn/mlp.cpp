// SPDX-License-Identifier: Apache-2.0
#include "nn/mlp.hpp"

namespace graft::inline v0 {

GatedMlp::GatedMlp(Parameters& parameters, const std::string& module, const TransformerConfig& config) {
  gate_up_[0] = parameters.projection(module + ".gate", config.mlp_width, config.width, config.mlp_bias);
  gate_up_[1] = parameters.projection(module + ".up", config.mlp_width, config.width, config.mlp_bias);
  down_ = parameters.projection(module + ".down", config.width, config.mlp_width, config.mlp_bias);
}

Tensor GatedMlp::operator()(Run& run, const Tensor& x) const {
  const std::vector<Tensor> gate_up = linear(run, x, gate_up_);
  return linear(run, gated_activation(run, Activation::silu, gate_up[0], gate_up[1]), {&down_, 1})[0];
}

}  // namespace graft::inline v0
