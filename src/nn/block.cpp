// SPDX-License-Identifier: Apache-2.0
#include "nn/block.hpp"

namespace graft::inline v0 {

Block::Block(Parameters& parameters, const std::string& module, const TransformerConfig& config, int layer)
    : epsilon_(config.norm_epsilon),
      attention_norm_(parameters.vector(module + ".attention_norm.weight", config.width)),
      attention_(parameters, module + ".attention", config, layer),
      mlp_norm_(parameters.vector(module + ".mlp_norm.weight", config.width)),
      mlp_(parameters, module + ".mlp", config) {}

Tensor Block::operator()(Run& run, const Tensor& x, const RotaryTable& positions) const {
  const Tensor attended = add(run, x, attention_(run, rms_norm(run, x, *attention_norm_, epsilon_), positions));
  return add(run, attended, mlp_(run, rms_norm(run, attended, *mlp_norm_, epsilon_)));
}

}  // namespace graft::inline v0
