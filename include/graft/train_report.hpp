// SPDX-License-Identifier: Apache-2.0
//
// What training tells of itself.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace graft::inline v0 {

// What preference tuning makes of pairs of answers. The reward of an answer is beta times what its loss compares: see
// PreferenceLoss.
struct Rewards {
  float margin = 0;    // mean of the chosen answer's less the rejected one's
  float accuracy = 0;  // share of pairs where that is more than 0
};

// Of a table, the tokens here are rows; of preferences, the trained and counted tokens are pairs.
struct StepInfo {
  int step = 0, steps = 0;  // done, of all
  double epoch = 0;
  float loss = 0;           // mean over the step's trained tokens
  float gradient_norm = 0;  // before clipping
  float learning_rate = 0;
  int64_t tokens = 0;  // seen so far, prompts included
  double tokens_per_second = 0;
  double seconds = 0, seconds_left = 0;
  std::optional<Rewards> rewards = {};  // of preference tuning
};

struct Evaluation {
  int step = 0;
  float loss = std::numeric_limits<float>::quiet_NaN();  // mean over the counted tokens; not a number: not evaluated
  int64_t tokens = 0;                                    // counted
  std::optional<Rewards> rewards = {};                   // of preference tuning
  float perplexity() const { return std::exp(loss); }
};

struct TrainReport {
  int steps = 0;              // in all, resumed ones included
  int left_out_steps = 0;     // those that TrainOptions::on_not_finite let pass
  std::vector<float> losses;  // of each step
  std::vector<Evaluation> evaluations;
  Evaluation best;  // where keep_best chose it
  int64_t tokens = 0, trained_tokens = 0;
  int64_t trained_parameters = 0;  // values that the run could change
  double seconds = 0, tokens_per_second = 0;
  size_t peak_bytes = 0;  // of training, beside the weights
  bool cancelled = false, stopped_early = false;
  std::vector<std::string> notices;
};

}  // namespace graft::inline v0
