// SPDX-License-Identifier: Apache-2.0
#include "train/fit.hpp"

#include <algorithm>
#include <cmath>

#include "support/clock.hpp"
#include "support/message.hpp"
#include "train/checkpoint.hpp"
#include "train/clipping.hpp"

namespace graft::inline v0 {
namespace {

Tensor like(Memory& memory, const Tensor& x) { return Tensor(memory, x.rows(), x.cols()); }

}  // namespace

Fit::Fit(std::shared_ptr<const Backend> backend, Trainable trainable, FitData data, const TrainOptions& options)
    : trainable_(std::move(trainable)),
      data_(data),
      options_((check_options(options), options)),
      plan_(data_.train, options_),
      memory_(Memory::create(*backend, options.memory_budget)),
      lane_(std::move(backend)),
      gradients_(memory_),
      optimizer_(trainable_.parameters, options, memory_),
      ranks_(options_.group.get()),
      reach_(trainable_.parameters),
      running_(trainable_.running, *memory_) {
  for (const Parameter& parameter : trainable_.parameters) {
    watched_.push_back(parameter.value);
    report_.trained_parameters += int64_t(parameter.value.size());
    kept_.push_back({parameter.name, parameter.value});
  }
  for (const auto* more : {&trainable_.running, &trainable_.method_state})
    kept_.insert(kept_.end(), more->begin(), more->end());
  watched_.insert(watched_.end(), trainable_.lowered.begin(), trainable_.lowered.end());
  for (const Tensor& watched : watched_) gradients_.watch(watched);
  if (options.ema_decay > 0) average_.emplace(trainable_.parameters, options.ema_decay, *memory_);
  const int64_t all = int64_t(plan_.steps_per_epoch()) * options_.epochs;
  check(all <= INT32_MAX, "TrainOptions: epochs: ", all, " steps, expected at most ", INT32_MAX);
  steps_ = options_.max_steps ? std::min(options_.max_steps, int(all)) : int(all);
  const int warmup =
      options_.warmup_steps ? options_.warmup_steps : int(std::ceil(options_.warmup_ratio * float(steps_)));
  schedule_ = {options_.schedule, options_.schedule_options, warmup, steps_};
}

TrainReport Fit::run() {
  started_ = now();
  trainable_.begin(steps_);
  if (!options_.checkpoints.empty() && options_.resume) resume();
  if (options_.group) ranks_.check_equal(state_fingerprint());
  step_at_start_ = step_;
  left_out_at_start_ = report_.left_out_steps;
  if (!options_.record.empty() && ranks_.is_first())
    record_.emplace(options_.record, description(), [this](const std::string& text) { notice(text); });
  while (step_ < steps_ && !report_.stopped_early && !is_cancelled()) {
    train_step();
    evaluate_if_due();
    if (!options_.checkpoints.empty() && is_due(options_.checkpoint_every)) save_checkpoint();
  }
  report_.cancelled = step_ < steps_ && !report_.stopped_early;
  if (step_ - step_at_start_ == report_.left_out_steps - left_out_at_start_)
    notice(message("nothing was trained: ", report_.cancelled        ? "cancelled before the first step"
                                            : report_.left_out_steps ? "every step was left out"
                                                                     : "the run was complete already"));
  if (!options_.checkpoints.empty() && last_checkpoint_ != step_) save_checkpoint();
  if (!report_.cancelled) choose_result();
  report_.steps = step_;
  report_.seconds = elapsed();
  report_.tokens_per_second = report_.seconds > 0 ? double(report_.tokens) / report_.seconds : 0;
  report_.peak_bytes = memory_->peak_bytes();
  if (record_) record_->finish(report_);
  return std::move(report_);
}

double Fit::time_step() {
  constexpr int kMeasured = 3;
  const int measured = std::min(kMeasured, steps_);
  running_.keep();
  double began = now();
  for (int i = -1; i < measured; ++i) {  // the first makes memory and caches ready
    if (i == 0) began = now();
    step_ = std::max(i, 0);
    gradients_.clear();
    data_.train.loss(context(), plan_.examples(step_), &gradients_);
  }
  step_ = 0;
  running_.put_back();
  return ranks_.of_first((now() - began) / measured);
}

double Fit::elapsed() const { return seconds_before_ + now() - started_; }

bool Fit::is_due(int every) const { return step_ == steps_ || step_ % (every ? every : plan_.steps_per_epoch()) == 0; }

LossContext Fit::context() const { return {lane_, memory_, options_.seed, uint64_t(step_), ranks_.share()}; }

bool Fit::is_cancelled() const { return ranks_.any(options_.cancel.stop_requested()); }

void Fit::train_step() {
  gradients_.clear();
  running_.keep();
  StepLoss loss = data_.train.loss(context(), plan_.examples(step_), &gradients_);
  ranks_.join(loss);
  ranks_.join(gradients_, watched_, *memory_);
  trainable_.pull(gradients_);
  const double norm = gradient_norm(lane_, gradients_, trainable_.parameters, options_.gradient_norm);
  if (!std::isfinite(loss.sum) || !std::isfinite(norm)) return leave_out(loss);
  reach_.check(gradients_, trainable_.parameters, step_ + 1 == steps_ || (step_ + 1) % plan_.steps_per_epoch() == 0);
  apply(loss, norm);
}

// The values stay those of the step before; the host decides whether training goes on.
void Fit::leave_out(const StepLoss& loss) {
  running_.put_back();
  const std::string what = message("training: step ", step_ + 1, ": ", not_finite(loss.mean(), gradients_, trainable_));
  const bool goes_on = options_.on_not_finite && options_.on_not_finite(what);
  check<NumericError>(ranks_.of_first(goes_on) > 0, what, "; the values are those of the step before");
  notice(what + "; the step was left out");
  ++step_;
  ++report_.left_out_steps;
  report_.losses.push_back(float(loss.mean()));
  report_.tokens += loss.tokens;
}

void Fit::apply(const StepLoss& loss, double norm) {
  if (options_.max_gradient_value > 0) {
    clip_values(lane_, gradients_, trainable_.parameters, options_.max_gradient_value);
    norm = gradient_norm(lane_, gradients_, trainable_.parameters, options_.gradient_norm);
  }
  const float scale = clip_factor(options_.max_gradient_norm, norm);
  const double factor = rate_factor();
  optimizer_.step(lane_, gradients_, factor, scale);
  trainable_.finish_step(gradients_, scale, step_ + 1);
  trainable_.after_change();
  if (average_) average_->follow(lane_);
  ++step_;
  finish_step(loss, norm, factor);
}

void Fit::finish_step(const StepLoss& loss, double norm, double rate_factor) {
  report_.losses.push_back(float(loss.mean()));
  report_.tokens += loss.tokens;
  report_.trained_tokens += loss.trained;
  if (!options_.on_step && !record_) return;
  const double seconds = elapsed(), here = now() - started_;
  const int done_here = step_ - step_at_start_;
  const StepInfo info{.step = step_,
                      .steps = steps_,
                      .epoch = double(step_) / plan_.steps_per_epoch(),
                      .loss = float(loss.mean()),
                      .gradient_norm = float(norm),
                      .learning_rate = float(options_.learning_rate * rate_factor),
                      .tokens = report_.tokens,
                      .tokens_per_second = double(report_.tokens) / seconds,
                      .seconds = seconds,
                      .seconds_left = here / done_here * (steps_ - step_),
                      .rewards = loss.rewards};
  if (record_) record_->add(info);
  if (options_.on_step) options_.on_step(info);
}

double Fit::rate_factor() const {
  const double factor = schedule_.factor(step_);
  if (options_.schedule != Schedule::reduce_on_plateau) return factor;
  return factor * plateau_factor(options_.schedule_options, report_.evaluations);
}

void Fit::evaluate_if_due() {
  if (!data_.held_out || !is_due(options_.evaluate_every)) return;
  swap_average();
  StepLoss loss = data_.held_out->loss_of_all(context());
  ranks_.join(loss);
  const Evaluation evaluation{step_, float(loss.mean()), loss.trained, loss.rewards};
  report_.evaluations.push_back(evaluation);
  const bool is_first = std::isnan(report_.best.loss) && !std::isnan(evaluation.loss);
  const bool is_best = is_first || evaluation.loss < report_.best.loss;
  evaluations_without_gain_ = is_best ? 0 : evaluations_without_gain_ + 1;
  if (is_best) {
    report_.best = evaluation;
    if (options_.keep_best) keep_values();
  }
  swap_average();
  report_.stopped_early = options_.patience > 0 && evaluations_without_gain_ >= options_.patience && step_ < steps_;
  if (record_) record_->add(evaluation);
  if (options_.on_evaluation) options_.on_evaluation(evaluation);
}

void Fit::keep_values() {
  has_best_ = true;
  if (best_values_.empty())
    for (const auto& [name, value] : kept_) best_values_.push_back({"best." + name, like(*memory_, value)});
  for (size_t i = 0; i < best_values_.size(); ++i) best_values_[i].value.assign(kept_[i].value);
}

void Fit::restore_best() {
  for (size_t i = 0; i < best_values_.size(); ++i) kept_[i].value.assign(best_values_[i].value);
  trainable_.after_change();
}

void Fit::swap_average() {
  if (!average_) return;
  average_->swap();
  trainable_.after_change();
}

void Fit::choose_result() {
  if (options_.average_checkpoints > 0) {
    ranks_.any(false);  // the last one is written
    const int found = read_mean(options_.checkpoints, options_.average_checkpoints, kept_);
    if (found < options_.average_checkpoints)
      notice(message("the result is the mean of ", found, " checkpoints, expected ", options_.average_checkpoints));
    trainable_.after_change();
  } else if (has_best_) {
    restore_best();
  } else {
    swap_average();
  }
}

void Fit::notice(const std::string& text) {
  report_.notices.push_back(text);
  if (options_.on_notice) options_.on_notice(text);
}

}  // namespace graft::inline v0
