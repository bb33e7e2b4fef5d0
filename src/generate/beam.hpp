// SPDX-License-Identifier: Apache-2.0
//
// Beam search: the likeliest continuation found by keeping several of them side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

struct BeamOptions {
  int beams = 4;
  int max_tokens = 20;
  float length_penalty = 1;  // scores are divided by the length to this power
  std::vector<int32_t> end_tokens;
};

struct Hypothesis {
  std::vector<int32_t> tokens;  // without the prompt; with the end token where it was reached
  double score = 0;             // sum of log-probabilities / length ^ length_penalty
};

// Logits of the next token of each sequence, a row a sequence.
using NextLogits = std::function<Tensor(std::span<const std::vector<int32_t>> sequences)>;

// The best continuation of a prompt, scored as transformers does without early stopping: the search goes on while the
// best unfinished beam, at its present length, beats the worst of `beams` finished ones.
Hypothesis beam_search(const std::vector<int32_t>& prompt, const BeamOptions& options, const NextLogits& next_logits);

}  // namespace graft::inline v0
