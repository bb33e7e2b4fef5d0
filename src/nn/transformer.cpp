// SPDX-License-Identifier: Apache-2.0
#include "nn/transformer.hpp"

#include <algorithm>

#include "ops/recompute.hpp"

namespace graft::inline v0 {

Transformer::Transformer(Parameters& parameters, TransformerConfig config)
    : config_(std::move(config)),
      inverse_frequency_(*memory_, 1, int(config_.inverse_frequency.size())),
      embedding_(parameters.matrix("embedding", config_.vocabulary, config_.width)) {
  std::copy(config_.inverse_frequency.begin(), config_.inverse_frequency.end(), inverse_frequency_.data());
  blocks_.reserve(size_t(config_.layers));
  for (int layer = 0; layer < config_.layers; ++layer)
    blocks_.emplace_back(parameters, "blocks." + std::to_string(layer), config_, layer);
  norm_ = parameters.vector("norm.weight", config_.width);
  if (config_.tied_head)
    head_.weight = embedding_;
  else
    head_ = parameters.projection("head", config_.vocabulary, config_.width, false);
}

void Transformer::scale_frequencies(std::span<const float> factors) {
  for (size_t i = 0; i < factors.size(); ++i) inverse_frequency_.data()[i] /= factors[i];
}

Tensor Transformer::operator()(Run& run, bool recomputes) const {
  const RotaryTable positions = rotary_table(run, inverse_frequency_, config_.rotary_scale);
  const auto observe = [&](int layer, const Tensor& hidden) {
    if (run.observer && run.observer->on_hidden) run.observer->on_hidden(layer, hidden);
  };
  Tensor x = embedding(run, *embedding_, run.batch.tokens);
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    observe(int(layer), x);
    const Block& block = blocks_[layer];
    x = recomputes
            ? recompute(run, x, [&block, positions](Run& r, const Tensor& in) { return block(r, in, positions); })
            : block(run, x, positions);
  }
  x = rms_norm(run, x, *norm_, config_.norm_epsilon);
  observe(int(blocks_.size()), x);
  return x;
}

}  // namespace graft::inline v0
