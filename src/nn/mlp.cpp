// SPDX-License-Identifier: Apache-2.0
#include "nn/mlp.hpp"

namespace graft::inline v0 {

Mlp::Mlp(Parameters& parameters, const std::string& module, const MlpConfig& config, int model_width, int width)
    : config_(config) {
  if (config.fused) {
    up_.push_back(parameters.projection(module + ".gate_up", 2 * width, model_width, config.bias));
  } else {
    if (config.gated) up_.push_back(parameters.projection(module + ".gate", width, model_width, config.bias));
    const char* name = config.gated ? ".up" : ".inner";
    up_.push_back(parameters.projection(module + name, width, model_width, config.bias));
  }
  down_ = parameters.projection(module + ".down", model_width, width, config.bias);
}

Tensor Mlp::inner(Run& run, const std::vector<Tensor>& up, Dtype dtype) const {
  if (!config_.gated) return activation(run, config_.activation, up[0], dtype);
  if (!config_.fused) return gated_activation(run, config_.activation, up[0], up[1], dtype);
  const int width = up[0].cols() / 2;
  return gated_activation(run, config_.activation, columns(run, up[0], {0, width, 0, 1}),
                          columns(run, up[0], {width, width, 0, 1}), dtype);
}

Tensor Mlp::operator()(Run& run, const Tensor& x) const {
  return linear(run, inner(run, linear(run, x, up_), graft::input_dtype(run, x.rows(), down())), down())[0];
}

}  // namespace graft::inline v0
