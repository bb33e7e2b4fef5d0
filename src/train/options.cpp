// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "support/message.hpp"
#include "train/fit.hpp"

namespace graft::inline v0 {
namespace {

void check_range(const char* name, double value, double least, double most) {
  check(value >= least && value <= most, "TrainOptions: ", name, " is ", value, ", expected ", least, " to ", most);
}

void check_positive(const char* name, double value) {
  check(std::isfinite(value) && value > 0, "TrainOptions: ", name, " is ", value, ", expected more than 0");
}

}  // namespace

void check_options(const TrainOptions& options) {
  constexpr double kMost = INT32_MAX;
  check_range("epochs", options.epochs, 1, kMost);
  check_range("max_steps", options.max_steps, 0, kMost);
  check_range("batch", options.batch, 1, kMost);
  check_range("micro_batch_tokens", options.micro_batch_tokens, 1, kMost);
  check_range("max_length", options.max_length, 0, kMost);
  check(options.max_length != 1, "TrainOptions: max_length is 1, expected 0 or at least 2");
  check_positive("learning_rate", options.learning_rate);
  check_range("warmup_steps", options.warmup_steps, 0, kMost);
  check_range("warmup_ratio", options.warmup_ratio, 0, 1);
  check_range("beta1", options.optimizer.beta1, 0, 1);
  check_range("beta2", options.optimizer.beta2, 0, 1);
  check_positive("epsilon", options.optimizer.epsilon);
  check_range("weight_decay", options.optimizer.weight_decay, 0, kMost);
  check_range("label_smoothing", options.label_smoothing, 0, 1);
  check_range("corruption.share", options.corruption.share, 0, 1);
  check_range("corruption.mean_span", options.corruption.mean_span, 1, kMost);
  check_range("trained_layers", options.trained_layers, 0, kMost);
  check_positive("contrastive.temperature", options.contrastive.temperature);
  check_positive("distillation.temperature", options.distillation.temperature);
  check_range("distillation.share", options.distillation.share, 0, 1);
  check_range("distillation.hidden", options.distillation.hidden, 0, kMost);
  check_range("table.huber_delta", options.table.huber_delta, 0, kMost);
  for (const float weight : options.table.class_weights) check_range("table.class_weights", weight, 0, kMost);
  check_range("max_gradient_norm", options.max_gradient_norm, 0, kMost);
  check_range("evaluate_every", options.evaluate_every, 0, kMost);
  check_range("patience", options.patience, 0, kMost);
  check_range("checkpoint_every", options.checkpoint_every, 0, kMost);
  check_range("keep_checkpoints", options.keep_checkpoints, 1, kMost);
}

}  // namespace graft::inline v0
