// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/network_pass.hpp"
#include "train/micro_batch.hpp"
#include "train/objective.hpp"

namespace graft::inline v0 {

// How a pass over answers runs.
struct AnswerPassOptions {
  Gradients* gradients = nullptr;  // null: nothing is learned, so dropout is off
  uint64_t seed = 0, step = 0;
  bool recompute = false;
};

// Rows in one pass of a network, and how likely their trained tokens are. Products round as in training whether
// something is learned or not, so that likelihoods can be compared.
class AnswerPass {
 public:
  // `numbers` name the rows for random numbers.
  AnswerPass(const NetworkContext& network, std::span<const TokenRow* const> rows, std::span<const int64_t> numbers,
             const AnswerPassOptions& options);
  AnswerPass(const AnswerPass&) = delete;
  AnswerPass& operator=(const AnswerPass&) = delete;

  // Of each row the sum of the log-probabilities of its trained tokens.
  std::vector<double> log_likelihoods();
  // Adds the gradient of Σ slope · log-likelihood. To be called once.
  void backward(std::span<const double> slopes);

 private:
  AnswerPass(const NetworkContext& network, MicroBatch micro, const AnswerPassOptions& options);

  const NetworkContext& network_;
  Gradients none_;
  NetworkPass pass_;
  Tape tape_;
  std::vector<size_t> counts_;  // of the trained tokens of each row
  Targets targets_;
  Tensor hidden_;
};

// The log-likelihoods of rows, computed in parts of so many tokens.
std::vector<double> log_likelihoods(const NetworkContext& network, std::span<const TokenRow* const> rows,
                                    size_t micro_batch_tokens);

}  // namespace graft::inline v0
