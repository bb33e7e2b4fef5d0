// SPDX-License-Identifier: Apache-2.0
#include "nn/stack.hpp"

#include <algorithm>
#include <numeric>

#include "ops/recompute.hpp"

namespace graft::inline v0 {
namespace {

Tensor row_of(Memory& memory, const std::vector<float>& values) {
  Tensor row(memory, 1, int(values.size()));
  std::ranges::copy(values, row.values().begin());
  return row;
}

// The largest distance between a query and a key of the pass.
int reach_of(const Batch& batch) {
  return batch.positions.empty() ? 0 : *std::max_element(batch.positions.begin(), batch.positions.end());
}

std::vector<int32_t> all_rows(const Weight& table) {
  std::vector<int32_t> rows(size_t(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

Stack::Stack(Parameters& parameters, const std::string& prefix, StackConfig config, int context, const Weight* tokens)
    : config_(std::move(config)), embedding_(parameters, prefix + "embedding", config_, context, tokens) {
  for (const RotaryConfig& rotary : config_.rotary)
    inverse_frequencies_.push_back(row_of(*memory_, rotary.inverse_frequency));
  const AttentionConfig& attention = config_.attention;
  if (attention.bias == BiasKind::relative)
    relative_ = parameters.matrix(prefix + "relative_bias", attention.buckets, attention.heads);
  if (attention.bias == BiasKind::disentangled) {
    relative_ = parameters.matrix(prefix + "relative_embedding", 2 * attention.span, config_.width);
    if (attention.norm_of_relative)
      relative_norm_ = Norm(parameters, prefix + "relative_norm", config_.norm, config_.width);
  }
  const size_t blocks = config_.shared_layers ? 1 : config_.layers.size();
  blocks_.reserve(blocks);
  for (size_t layer = 0; layer < blocks; ++layer)
    blocks_.emplace_back(parameters, prefix + "blocks." + std::to_string(layer), config_, int(layer));
  if (config_.final_norm) norm_ = Norm(parameters, prefix + "norm", config_.norm, config_.width);
  if (config_.output_width > 0)
    output_ = parameters.projection(prefix + "output", config_.output_width, config_.width, false);
}

void Stack::scale_frequencies(std::span<const float> factors) {
  for (const Tensor& frequencies : inverse_frequencies_)
    for (size_t i = 0; i < factors.size(); ++i) frequencies.values()[i] /= factors[i];
}

ScoreBias Stack::shared_bias(Run& run) const {
  const AttentionConfig& attention = config_.attention;
  if (attention.bias == BiasKind::alibi) return alibi_bias(run, attention.heads, reach_of(run.batch));
  if (attention.bias != BiasKind::relative) return {};
  return relative_bias(
      run, *relative_,
      {.count = attention.buckets, .most_distance = attention.most_distance, .bidirectional = !attention.causal},
      reach_of(run.batch));
}

Tensor Stack::operator()(Run& run, StackPass pass, bool recomputes) const {
  for (size_t i = 0; i < config_.rotary.size(); ++i)
    pass.rotary.push_back(rotary_table(run, inverse_frequencies_[i], config_.rotary[i].scale));
  pass.bias = shared_bias(run);
  if (config_.attention.bias == BiasKind::disentangled)
    pass.relative_embedding = relative_norm_(run, embedding(run, *relative_, all_rows(*relative_)));
  const auto observe = [&](size_t layer, const Tensor& hidden) {
    if (run.observer && run.observer->on_hidden) run.observer->on_hidden(pass.kind, int(layer), hidden);
  };
  Tensor x = embedding_(run);
  for (size_t layer = 0; layer < config_.layers.size(); ++layer) {
    observe(layer, x);
    const Block& block = blocks_[config_.shared_layers ? 0 : layer];
    pass.layer = int(layer);
    x = recomputes ? recompute(run, x, [&block, pass](Run& r, const Tensor& in) { return block(r, in, pass); })
                   : block(run, x, pass);
  }
  x = norm_(run, x);
  if (output_) x = linear(run, x, {&*output_, 1})[0];
  observe(config_.layers.size(), x);
  return x;
}

}  // namespace graft::inline v0
