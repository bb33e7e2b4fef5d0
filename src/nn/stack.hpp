// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/block.hpp"
#include "nn/embedding.hpp"

namespace graft::inline v0 {

// Embeddings, blocks and the final norm: a decoder, or an encoder.
class Stack {
 public:
  // Modules are named PREFIXembedding, PREFIXblocks.0 … `tokens`: see Embedding.
  Stack(Parameters& parameters, const std::string& prefix, StackConfig config, int context, const Weight* tokens);

  // Hidden states after the final norm, a row a token. `recomputes`: keep only the input of each block for the backward
  // pass.
  Tensor operator()(Run& run, StackPass pass, bool recomputes) const;

  const StackConfig& config() const { return config_; }
  const Weight* tokens() const { return embedding_.tokens(); }
  // Rotary frequencies divided by these factors, as some GGUF files store them.
  void scale_frequencies(std::span<const float> factors);

 private:
  ScoreBias shared_bias(Run& run) const;

  StackConfig config_;
  std::shared_ptr<Memory> memory_ = Memory::create_on_host();
  std::vector<Tensor> inverse_frequencies_;
  Embedding embedding_;
  const Weight* relative_ = nullptr;
  Norm relative_norm_;
  std::vector<Block> blocks_;  // one where the layers share it
  Norm norm_;
  std::optional<Projection> output_;
};

}  // namespace graft::inline v0
