// SPDX-License-Identifier: Apache-2.0
#include "nn/attention.hpp"

namespace graft::inline v0 {

Attention::Attention(Parameters& parameters, const std::string& module, const TransformerConfig& config, int layer)
    : shape_{.heads = config.heads,
             .kv_heads = config.kv_heads,
             .head_width = config.head_width,
             .scale = config.attention_scale},
      layer_(layer) {
  const int q_width = config.heads * config.head_width, kv_width = config.kv_heads * config.head_width;
  qkv_[0] = parameters.projection(module + ".query", q_width, config.width, config.qkv_bias);
  qkv_[1] = parameters.projection(module + ".key", kv_width, config.width, config.qkv_bias);
  qkv_[2] = parameters.projection(module + ".value", kv_width, config.width, config.qkv_bias);
  output_ = parameters.projection(module + ".output", config.width, q_width, config.output_bias);
}

Tensor Attention::operator()(Run& run, const Tensor& x, const RotaryTable& positions) const {
  const std::vector<Tensor> qkv = linear(run, x, qkv_);
  const Tensor q = rotary(run, qkv[0], positions, shape_.head_width);
  const Tensor k = rotary(run, qkv[1], positions, shape_.head_width);
  AttentionShape shape = shape_;
  shape.compute = run.compute(output_.weight->dtype());
  return linear(run, attention(run, shape, q, k, qkv[2], {.layer = layer_}), {&output_, 1})[0];
}

}  // namespace graft::inline v0
