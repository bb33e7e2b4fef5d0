// SPDX-License-Identifier: Apache-2.0
//
// Beam search: the likeliest continuation found by keeping several of them side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

struct BeamOptions {
  int beams = 4;
  int max_tokens = 20;
  float length_penalty = 1;     // scores are divided by the length to this power
  bool early_stopping = false;  // ends with the first `beams` finished ones
  std::vector<int32_t> end_tokens = {};
  std::stop_token cancel = {};  // asked before each token
};

struct Beam {
  std::vector<int32_t> tokens = {};           // without the prompt; with the end token where it was reached
  std::vector<float> log_probabilities = {};  // of each, under the model's own distribution
  double score = 0;  // Σ log-probability, of the adjusted distributions; of a finished one / length ^ length_penalty
};

// What a step adds to a beam of the step before.
struct BeamStep {
  int parent;
  int32_t token;
};

// Logits of the next token of each beam that the steps made, a row a beam; those behind the prompt where there is no
// step yet. Nothing: the search was cancelled.
using NextLogits = std::function<Tensor(std::span<const BeamStep> steps)>;
// Takes penalties and bans off the log-probabilities of what comes behind these tokens.
using AdjustBeam = std::function<void(std::span<const int32_t> tokens, std::span<float> log_probabilities)>;

// The best continuations of a prompt, at most `beams`, best first; after a cancellation those that there were. Scored
// as transformers does: without early stopping the search goes on while the best unfinished beam, at its present
// length, beats the worst of `beams` finished ones.
std::vector<Beam> beam_search(const BeamOptions& options, const NextLogits& next_logits, const AdjustBeam& adjust = {});

}  // namespace graft::inline v0
