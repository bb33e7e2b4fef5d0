// SPDX-License-Identifier: Apache-2.0
//
// The loss of each task of a model's heads.
#pragma once

#include "models/trunk.hpp"

namespace graft::inline v0 {

// What the rows of a batch should give. A task reads the fields that it needs.
struct Labels {
  Targets tokens;                     // words: by the row that predicts them, with their weights
  std::vector<int32_t> classes;       // of each sequence, or of each token; below 0: not counted
  std::vector<float> values;          // of each sequence, one an output: numbers, or 0 and 1 for several labels
  std::vector<int32_t> starts, ends;  // of answers, in their sequences
  std::vector<float> weights;         // of the classes, values, answers or pairs in the loss
  // How the texts of pairs are embedded, and what their cosines are divided by where they choose each other.
  HeadConfig::Rows embedding = HeadConfig::Rows::all;
  float temperature = 1;
};

struct TaskLoss {
  Tensor loss;                           // 1 × 1: Σ weight · loss
  std::vector<float> log_probabilities;  // of the words, where the task has them
};

// What a classifier's scores mean: "problem_type" of config.json, or one number for a single output.
enum class Problem { one_of, any_of, number };
Problem problem_of(const Trunk& trunk);

// `hidden`: of the whole batch of the run.
TaskLoss task_loss(Run& run, const Trunk& trunk, const Tensor& hidden, Labels labels);

// The scores [first, first + count) of a span head as one row a sequence's tokens: starts, then ends.
struct SpanScores {
  Tensor start, end;  // 1 × tokens of the sequence
};
SpanScores span_scores(Run& run, const Tensor& scores, int sequence);

}  // namespace graft::inline v0
