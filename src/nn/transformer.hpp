// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/block.hpp"

namespace graft::inline v0 {

// A decoder-only transformer: tokens of the batch to hidden states, and the head that turns those into logits.
class Transformer {
 public:
  Transformer(Parameters& parameters, TransformerConfig config);

  // Hidden states after the final norm, a row a token. `recomputes`: keep only the input of each block for the
  // backward pass.
  Tensor operator()(Run& run, bool recomputes = false) const;
  // Logits of the given hidden states.
  Tensor logits(Run& run, const Tensor& hidden) const { return linear(run, hidden, {&head_, 1})[0]; }

  const TransformerConfig& config() const { return config_; }
  const Projection& head() const { return head_; }

  // Rotary frequencies divided by these factors, as some GGUF files store them.
  void scale_frequencies(std::span<const float> factors);

 private:
  TransformerConfig config_;
  std::shared_ptr<Memory> memory_ = Memory::create();
  Tensor inverse_frequency_;
  const Weight* embedding_;
  std::vector<Block> blocks_;
  const Weight* norm_;
  Projection head_;
};

}  // namespace graft::inline v0
