// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/norm.hpp"

namespace graft::inline v0 {

// From hidden states to scores: words, classes, labels of tokens, spans.
class ScoreHead {
 public:
  // `tokens`: the embedding, for a tied matrix.
  ScoreHead(Parameters& parameters, const HeadConfig& config, int width, const Weight* tokens);

  // Scores of the given rows of the hidden states; for a head without a matrix, the values of its dense layer.
  Tensor operator()(Run& run, const Tensor& hidden, std::span<const int32_t> rows) const;
  // The same of the rows that the head is about: all, or the first or the last of each sequence.
  Tensor operator()(Run& run, const Tensor& hidden) const;

  // Cross-entropy of rows of the hidden states, without their scores as a whole.
  HeadLoss loss(Run& run, const Tensor& hidden, Targets targets) const;

  const HeadConfig& config() const { return config_; }
  const Projection& output() const { return output_; }

 private:
  Tensor features(Run& run, const Tensor& x) const;
  HeadConfig config_;
  Projection dense_, output_;
  Norm norm_;
};

// The rows of a batch that a head is about.
std::vector<int32_t> head_rows(const Batch& batch, HeadConfig::Rows rows);
// An embedding of each sequence: one of its rows, or the mean of all.
Tensor pooled(Run& run, const Tensor& hidden, HeadConfig::Rows rows);

}  // namespace graft::inline v0
