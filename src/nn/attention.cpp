// SPDX-License-Identifier: Apache-2.0
#include "nn/attention.hpp"

#include "nn/dropout_site.hpp"
#include "tensor/rows_run.hpp"

namespace graft::inline v0 {
namespace {

AttentionShape shape_of(const AttentionConfig& config) {
  return {.heads = config.heads,
          .kv_heads = config.kv_heads,
          .head_width = config.head_width,
          .scale = config.scale,
          .causal = config.causal,
          .soft_cap = config.soft_cap,
          .dropout = {.rate = config.dropout}};
}

// The shape as a pass computes it.
AttentionShape shape_in(const Run& run, AttentionShape shape, const Projection& output, int site) {
  shape.compute = run.compute(output.weight->dtype());
  shape.dropout.key = {run.seed, run.step, uint64_t(site)};
  if (!run.training) shape.dropout.rate = 0;
  return shape;
}

}  // namespace

SelfAttention::SelfAttention(Parameters& parameters, const std::string& module, const StackConfig& stack, int layer)
    : config_(stack.attention),
      shape_(shape_of(config_)),
      dropout_(stack, DropoutPlace::probabilities),
      rotary_(stack.rotary.empty() ? -1 : stack.layers[size_t(layer)].rotary) {
  shape_.window = stack.layers[size_t(layer)].window;
  const int q_width = config_.heads * config_.head_width, kv_width = config_.kv_heads * config_.head_width;
  if (config_.fused == FusedQkv::none) {
    qkv_.push_back(parameters.projection(module + ".query", q_width, stack.width, config_.qkv_bias));
    qkv_.push_back(parameters.projection(module + ".key", kv_width, stack.width, config_.qkv_bias));
    qkv_.push_back(parameters.projection(module + ".value", kv_width, stack.width, config_.qkv_bias));
  } else {
    qkv_.push_back(parameters.projection(module + ".qkv", q_width + 2 * kv_width, stack.width, config_.qkv_bias));
  }
  if (config_.head_norms) {
    query_norm_ = Norm(parameters, module + ".query_norm", stack.norm, config_.head_width);
    key_norm_ = Norm(parameters, module + ".key_norm", stack.norm, config_.head_width);
  }
  output_ = parameters.projection(module + ".output", stack.width, q_width, config_.output_bias);
}

std::vector<Tensor> SelfAttention::project(Run& run, const Tensor& x) const {
  std::vector<Tensor> qkv = linear(run, x, qkv_);
  if (config_.fused == FusedQkv::none) return qkv;
  const int width = config_.head_width, q_width = config_.heads * width, kv_width = config_.kv_heads * width;
  const bool by_heads = config_.fused == FusedQkv::heads;
  const auto part = [&](int index, int first, int columns_of_part) {
    return columns(run, qkv[0],
                   by_heads ? ColumnBlocks{index * width, width, 3 * width, config_.heads}
                            : ColumnBlocks{first, columns_of_part, 0, 1});
  };
  return {part(0, 0, q_width), part(1, q_width, kv_width), part(2, q_width + kv_width, kv_width)};
}

ScoreBias SelfAttention::disentangled(Run& run, const Tensor& q, const Tensor& k, const StackPass& pass) const {
  if (config_.bias != BiasKind::disentangled) return pass.bias;
  const std::shared_ptr<Run> table = run_on_table(run, pass.relative_embedding.rows());
  const std::vector<Tensor> positions = linear(*table, pass.relative_embedding, {qkv_.data(), 2});
  return disentangled_bias(run, shape_, q, k, positions[0], positions[1],
                           {.span = pass.relative_embedding.rows() / 2,
                            .buckets = config_.buckets,
                            .most_distance = config_.most_distance,
                            .c2p = config_.content_to_position,
                            .p2c = config_.position_to_content});
}

Tensor SelfAttention::operator()(Run& run, const Tensor& x, const StackPass& pass) const {
  const std::vector<Tensor> qkv = project(run, x);
  Tensor q = query_norm_(run, qkv[0]), k = key_norm_(run, qkv[1]);  // of each head
  if (rotary_ >= 0) {
    q = rotary(run, q, pass.rotary[size_t(rotary_)], config_.head_width);
    k = rotary(run, k, pass.rotary[size_t(rotary_)], config_.head_width);
  }
  const AttentionShape shape = shape_in(run, shape_, output_, dropout_.in_layer(pass.layer));
  const AttentionPlace place{.layer = pass.layer, .bias = disentangled(run, q, k, pass), .kind = pass.kind};
  const Tensor y = attention(run, shape, q, k, qkv[2], place, graft::input_dtype(run, q.rows(), {&output_, 1}));
  return linear(run, y, {&output_, 1})[0];
}

CrossAttention::CrossAttention(Parameters& parameters, const std::string& module, const StackConfig& stack)
    : shape_(shape_of(stack.attention)), dropout_(stack, DropoutPlace::cross_probabilities) {
  shape_.causal = false;
  const AttentionConfig& config = stack.attention;
  const int q_width = config.heads * config.head_width, kv_width = config.kv_heads * config.head_width;
  query_ = parameters.projection(module + ".query", q_width, stack.width, config.qkv_bias);
  key_value_[0] = parameters.projection(module + ".key", kv_width, stack.width, config.qkv_bias);
  key_value_[1] = parameters.projection(module + ".value", kv_width, stack.width, config.qkv_bias);
  output_ = parameters.projection(module + ".output", stack.width, q_width, config.output_bias);
}

const Encoded::KeysAndValues& CrossAttention::keys_and_values(Run& run, const StackPass& pass) const {
  Encoded& encoded = *pass.encoded;
  const auto layer = size_t(pass.layer);
  if (encoded.layers.size() <= layer) encoded.layers.resize(layer + 1);
  Encoded::KeysAndValues& kept = encoded.layers[layer];
  if (kept.k && !run.tape) return kept;
  const std::shared_ptr<Run> source = run_on_batch(run, encoded.batch, encoded.edits);
  const std::vector<Tensor> made = linear(*source, encoded.hidden, key_value_);
  kept = {made[0], made[1]};
  return kept;
}

Tensor CrossAttention::operator()(Run& run, const Tensor& x, const StackPass& pass) const {
  const Tensor q = linear(run, x, {&query_, 1})[0];
  const auto [k, v] = keys_and_values(run, pass);
  const AttentionShape shape = shape_in(run, shape_, output_, dropout_.in_layer(pass.layer));
  const AttentionPlace place{.layer = pass.layer, .keys = pass.encoded->batch.get(), .kind = AttentionKind::cross};
  const Tensor y = attention(run, shape, q, k, v, place, graft::input_dtype(run, q.rows(), {&output_, 1}));
  return linear(run, y, {&output_, 1})[0];
}

}  // namespace graft::inline v0
