// SPDX-License-Identifier: Apache-2.0
//
// The training loop: epochs, optimizer steps, evaluation, early stopping, checkpoints and resuming.
#pragma once

#include "graft/train_options.hpp"
#include "support/json.hpp"
#include "train/batch_plan.hpp"
#include "train/finite.hpp"
#include "train/objective.hpp"
#include "train/optimizer.hpp"
#include "train/ranks.hpp"
#include "train/reach.hpp"
#include "train/run_record.hpp"
#include "train/schedule.hpp"
#include "train/weight_average.hpp"

namespace graft::inline v0 {

struct FitData {
  const Objective& train;
  const Objective* held_out = nullptr;  // null: nothing is evaluated
};

class Fit {
 public:
  // Checks the options. What data and trainable refer to must outlive the object.
  Fit(std::shared_ptr<const Backend> backend, Trainable trainable, FitData data, const TrainOptions& options);

  TrainReport run();
  // How many steps that will be, and the seconds of one, measured on the first few without changing anything.
  int steps() const { return steps_; }
  double time_step();

 private:
  void resume();
  void train_step();
  void leave_out(const StepLoss& loss);
  void apply(const StepLoss& loss, double norm);
  void finish_step(const StepLoss& loss, double norm, double rate_factor);
  void evaluate_if_due();
  void save_checkpoint();
  void keep_values();
  void restore_best();
  void choose_result();
  void swap_average();
  void notice(const std::string& text);

  bool is_due(int every) const;
  double rate_factor() const;
  LossContext context() const;
  bool is_cancelled() const;
  uint64_t state_fingerprint() const;
  std::vector<NamedTensor> saved_tensors() const;
  Json run_state() const;
  Json fingerprint() const;
  Json description() const;
  double elapsed() const;

  Trainable trainable_;
  FitData data_;
  TrainOptions options_;
  BatchPlan plan_;
  std::shared_ptr<Memory> memory_;
  Lane lane_;
  std::vector<Tensor> watched_;  // parameters, and what stands in their place
  Gradients gradients_;
  Optimizer optimizer_;
  Ranks ranks_;
  Reach reach_;
  RunningValues running_;
  std::optional<WeightAverage> average_;
  RateSchedule schedule_;
  std::vector<NamedTensor> kept_;         // parameters, and what changes beside
  std::vector<NamedTensor> best_values_;  // those of the best evaluation
  bool has_best_ = false;
  int step_ = 0, steps_ = 0;
  int evaluations_without_gain_ = 0, last_checkpoint_ = -1;
  double seconds_before_ = 0, started_ = 0;  // of earlier processes of this run; when this one began
  int step_at_start_ = 0, left_out_at_start_ = 0;
  std::optional<RunRecord> record_;
  TrainReport report_;
};

// The options that are wrong, as ArgumentError.
void check_options(const TrainOptions& options);

}  // namespace graft::inline v0
