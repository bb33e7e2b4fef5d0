// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "support/message.hpp"
#include "train/fit.hpp"
#include "train/option_fields.hpp"

namespace graft::inline v0 {
namespace {

void check_range(const char* name, double value, double least, double most) {
  check(value >= least && value <= most, "TrainOptions: ", name, " is ", value, ", expected ", least, " to ", most);
}

void check_positive(const char* name, double value) {
  check(std::isfinite(value) && value > 0, "TrainOptions: ", name, " is ", value, ", expected more than 0");
}

void check_bound(const std::string& name, double value, Bound bound) {
  const auto expect = [&](bool claim, const char* expected) {
    check(std::isfinite(value) && claim, "TrainOptions: ", name, " is ", value, ", expected ", expected);
  };
  switch (bound) {
    case Bound::share:
      return expect(value >= 0 && value <= 1, "0 to 1");
    case Bound::below_one:
      return expect(value >= 0 && value < 1, "0 to below 1");
    case Bound::positive:
      return expect(value > 0, "more than 0");
    case Bound::not_negative:
      return expect(value >= 0, "at least 0");
    case Bound::negative:
      return expect(value < 0, "less than 0");
  }
}

template <class Options>
void check_fields(const std::string& prefix, Options options) {
  each_field(options, [&](const char* name, const auto& value, Bound bound) {
    check_bound(prefix + name, double(value), bound);
  });
}

void check_rates(const TrainOptions& options) {
  check_bound("layer_rate_decay", options.layer_rate_decay, Bound::positive);
  check_bound("layer_rate_decay", options.layer_rate_decay, Bound::share);
  for (const ParameterGroup& group : options.groups) {
    check_bound("groups.learning_rate", group.learning_rate.value_or(0), Bound::not_negative);
    check_bound("groups.weight_decay", group.weight_decay.value_or(0), Bound::not_negative);
  }
  if (const auto* sgd = std::get_if<SGD>(&options.optimizer))
    check(!sgd->nesterov || (sgd->momentum > 0 && sgd->dampening == 0),
          "TrainOptions: optimizer.nesterov: momentum is ", sgd->momentum, " and dampening ", sgd->dampening,
          ", expected momentum and no dampening");
  check(options.schedule != Schedule::noam || options.warmup_steps > 0 || options.warmup_ratio > 0,
        "TrainOptions: schedule is noam, expected a warm-up");
}

void check_averages(const TrainOptions& options) {
  check_bound("ema_decay", options.ema_decay, Bound::below_one);
  check_range("average_checkpoints", options.average_checkpoints, 0, options.keep_checkpoints);
  if (options.average_checkpoints == 0) return;
  check(!options.checkpoints.empty(), "TrainOptions: average_checkpoints is ", options.average_checkpoints,
        ", expected a folder of checkpoints, too");
  check(options.ema_decay == 0, "TrainOptions: ema_decay is ", options.ema_decay,
        ", expected 0 with average_checkpoints");
}

}  // namespace

void check_options(const TrainOptions& options) {
  constexpr double kMost = INT32_MAX;
  check_range("epochs", options.epochs, 1, kMost);
  check_range("max_steps", options.max_steps, 0, kMost);
  check_range("batch", options.batch, 1, kMost);
  check_range("batch_tokens", options.batch_tokens, 0, kMost);
  check_range("micro_batch_tokens", options.micro_batch_tokens, 1, kMost);
  check_range("max_length", options.max_length, 0, kMost);
  check(options.max_length != 1, "TrainOptions: max_length is 1, expected 0 or at least 2");
  check_positive("learning_rate", options.learning_rate);
  check_range("warmup_steps", options.warmup_steps, 0, kMost);
  check_range("warmup_ratio", options.warmup_ratio, 0, 1);
  check_fields("optimizer.", options.optimizer);
  check_fields("schedule_options.", options.schedule_options);
  check_rates(options);
  check_range("label_smoothing", options.label_smoothing, 0, 1);
  check_range("corruption.share", options.corruption.share, 0, 1);
  check_range("corruption.mean_span", options.corruption.mean_span, 1, kMost);
  check_range("trained_layers", options.trained_layers, 0, kMost);
  check_positive("contrastive.temperature", options.contrastive.temperature);
  check_positive("distillation.temperature", options.distillation.temperature);
  check_fields("preference.", options.preference);
  check_range("distillation.share", options.distillation.share, 0, 1);
  check_range("distillation.hidden", options.distillation.hidden, 0, kMost);
  check_range("table.huber_delta", options.table.huber_delta, 0, kMost);
  for (const float weight : options.table.class_weights) check_range("table.class_weights", weight, 0, kMost);
  check_range("max_gradient_value", options.max_gradient_value, 0, kMost);
  check_range("max_gradient_norm", options.max_gradient_norm, 0, kMost);
  check_range("evaluate_every", options.evaluate_every, 0, kMost);
  check_range("patience", options.patience, 0, kMost);
  check_range("checkpoint_every", options.checkpoint_every, 0, kMost);
  check_range("keep_checkpoints", options.keep_checkpoints, 1, kMost);
  check_averages(options);
}

}  // namespace graft::inline v0
