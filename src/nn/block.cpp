// SPDX-License-Identifier: Apache-2.0
#include "nn/block.hpp"

namespace graft::inline v0 {

Residual::Residual(Parameters& parameters, const std::string& module, const StackConfig& config, bool has_norm,
                   DropoutPlace place)
    : norm_place_(config.norm_place), dropout_(config.dropout), site_(config, place) {
  if (has_norm) norm_ = Norm(parameters, module + "_norm", config.norm, config.width);
  if (norm_place_ == NormPlace::both) post_norm_ = Norm(parameters, module + "_post_norm", config.norm, config.width);
}

Block::Block(Parameters& parameters, const std::string& module, const StackConfig& config, int layer)
    : is_parallel_(config.parallel),
      attention_branch_(parameters, module + ".attention", config, layer > 0 || config.first_norm,
                        DropoutPlace::attention_branch),
      attention_(parameters, module + ".attention", config, layer),
      mlp_branch_(parameters, module + ".mlp", config, true, DropoutPlace::mlp_branch) {
  if (config.crosses) {
    cross_branch_.emplace(parameters, module + ".cross", config, true, DropoutPlace::cross_branch);
    cross_attention_.emplace(parameters, module + ".cross", config);
  }
  if (config.layers[size_t(layer)].routed)
    experts_.emplace(parameters, module + ".mlp", config.mlp, config.width);
  else
    mlp_.emplace(parameters, module + ".mlp", config.mlp, config.width, config.mlp.width);
}

Tensor Block::operator()(Run& run, const Tensor& x, const StackPass& pass) const {
  const auto attend = [&](const Tensor& in) { return attention_(run, in, pass); };
  Tensor sum = attention_branch_(run, pass.layer, x, x, attention_.input_dtype(run, x.rows()), attend);
  if (cross_branch_)
    sum = (*cross_branch_)(run, pass.layer, sum, sum, cross_attention_->input_dtype(run, x.rows()),
                           [&](const Tensor& in) { return (*cross_attention_)(run, in, pass); });
  return mlp_branch_(run, pass.layer, sum, is_parallel_ ? x : sum, mlp_ ? mlp_->input_dtype(run, x.rows()) : Dtype::f32,
                     [&](const Tensor& in) { return mlp_ ? (*mlp_)(run, in) : (*experts_)(run, in, pass); });
}

}  // namespace graft::inline v0
