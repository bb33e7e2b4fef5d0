// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "nn/head.hpp"
#include "nn/stack.hpp"

namespace graft::inline v0 {

struct PassOptions {
  bool recomputes = false;                   // keep only the input of each block for the backward pass
  Encoded* encoded = nullptr;                // what a decoder behind an encoder attends to
  std::vector<Routing>* routings = nullptr;  // where layers of experts add their choices
};

// Tokens of the batch to hidden states, and the heads that turn those into scores. A decoder, an encoder, or both.
class Transformer {
 public:
  Transformer(Parameters& parameters, TransformerConfig config);

  // Hidden states of the stack after its final norm, a row a token.
  Tensor operator()(Run& run, const PassOptions& options = {}) const;
  // Hidden states of the sequences that a decoder will attend to.
  Encoded encode(Run& run, bool recomputes = false) const;

  const TransformerConfig& config() const { return config_; }
  const StackConfig& stack() const { return stack_.config(); }
  // Throws UnsupportedError for a model without a head.
  const ScoreHead& head() const;
  const std::vector<ScoreHead>& heads() const { return heads_; }
  const Weight* tokens() const { return stack_.tokens(); }
  // Whether the weight is the matrix of a head.
  bool is_of_head(const Weight* weight) const;

  void scale_frequencies(std::span<const float> factors) { stack_.scale_frequencies(factors); }

 private:
  TransformerConfig config_;
  std::optional<Stack> encoder_;
  Stack stack_;
  std::vector<ScoreHead> heads_;
};

}  // namespace graft::inline v0
