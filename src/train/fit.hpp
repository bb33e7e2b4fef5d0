// SPDX-License-Identifier: Apache-2.0
//
// The training loop: epochs, optimizer steps, evaluation, early stopping, checkpoints and resuming.
#pragma once

#include "graft/train_options.hpp"
#include "train/optimizer.hpp"
#include "train/step.hpp"

namespace graft::inline v0 {

struct FitData {
  std::span<const TokenRow> train, held_out;  // held_out may be empty
  const Corruption* corruption = nullptr;     // anew each step
};

class Fit {
 public:
  // Checks the options. All arguments but the options must outlive the object.
  Fit(const Trunk& trunk, Trainable trainable, FitData data, const TrainOptions& options);

  TrainReport run();

 private:
  void resume();
  void train_step();
  void apply(const StepLoss& loss);
  void finish_step(const StepLoss& loss, double norm, double rate_factor);
  void evaluate_if_due();
  void save_checkpoint();
  void keep_values();
  void restore_best();
  void check_reached() const;
  void notice(const std::string& text);

  bool is_due(int every) const;
  std::vector<NumberedRow> rows_of_step() const;
  StepContext context() const;
  std::vector<NamedTensor> saved_tensors() const;
  Json run_state() const;
  Json fingerprint() const;
  double elapsed() const;

  const Trunk& trunk_;
  Trainable trainable_;
  FitData data_;
  TrainOptions options_;
  std::shared_ptr<Memory> memory_;
  Lane lane_;
  Gradients gradients_;
  Optimizer optimizer_;
  std::vector<NamedTensor> best_values_;  // of the best evaluation
  bool has_best_ = false;
  int step_ = 0, steps_ = 0, steps_per_epoch_ = 0, warmup_ = 0;
  int evaluations_without_gain_ = 0, last_checkpoint_ = -1;
  double seconds_before_ = 0, started_ = 0;  // of earlier processes of this run; when this one began
  int step_at_start_ = 0;
  TrainReport report_;
};

// The options that are wrong, as ArgumentError.
void check_options(const TrainOptions& options);

}  // namespace graft::inline v0
