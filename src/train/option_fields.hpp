// SPDX-License-Identifier: Apache-2.0
//
// The fields of optimizers and schedules by name, each with what it may be: for whoever reads, checks, prints or
// compares them.
#pragma once

#include <array>

#include "graft/optimizers.hpp"
#include "graft/preference_options.hpp"
#include "graft/schedules.hpp"

namespace graft::inline v0 {

// In the order of OptimizerOptions, of Schedule, of Fall and of PreferenceLoss.
inline constexpr std::array kOptimizerNames = {"adamw",     "adam", "sgd",  "rmsprop",   "adagrad",
                                               "adafactor", "lion", "muon", "adamw_8bit"};
static_assert(kOptimizerNames.size() == std::variant_size_v<OptimizerOptions>);
inline constexpr std::array kScheduleNames = {"constant",
                                              "linear",
                                              "cosine",
                                              "cosine_with_restarts",
                                              "polynomial",
                                              "inverse_sqrt",
                                              "warmup_stable_decay",
                                              "step",
                                              "exponential",
                                              "one_cycle",
                                              "noam",
                                              "reduce_on_plateau"};
inline constexpr std::array kFallNames = {"cosine", "linear", "one_minus_sqrt"};
inline constexpr std::array kPreferenceNames = {"none", "dpo", "ipo", "orpo", "simpo", "kto"};

// One with its defaults, by its place in OptimizerOptions.
template <size_t index = 0>
OptimizerOptions default_optimizer(size_t wanted) {
  if constexpr (index + 1 < std::variant_size_v<OptimizerOptions>)
    if (wanted != index) return default_optimizer<index + 1>(wanted);
  return std::variant_alternative_t<index, OptimizerOptions>();
}

// 0 to 1; 0 to below 1; above 0; at least 0; below 0.
enum class Bound { share, below_one, positive, not_negative, negative };

// Each calls field(name, member, bound), with a float, int or bool.
template <class Options, class Field>
void each_adam_field(Options& o, const Field& field) {
  field("beta1", o.beta1, Bound::below_one);
  field("beta2", o.beta2, Bound::below_one);
  field("epsilon", o.epsilon, Bound::positive);
  field("weight_decay", o.weight_decay, Bound::not_negative);
}

template <class Field>
void each_field(AdamW& o, const Field& field) {
  each_adam_field(o, field);
  field("amsgrad", o.amsgrad, Bound::share);
}

template <class Field>
void each_field(Adam& o, const Field& field) {
  each_adam_field(o, field);
  field("amsgrad", o.amsgrad, Bound::share);
}

template <class Field>
void each_field(SGD& o, const Field& field) {
  field("momentum", o.momentum, Bound::not_negative);
  field("dampening", o.dampening, Bound::share);
  field("nesterov", o.nesterov, Bound::share);
  field("weight_decay", o.weight_decay, Bound::not_negative);
}

template <class Field>
void each_field(RMSprop& o, const Field& field) {
  field("decay", o.decay, Bound::below_one);
  field("epsilon", o.epsilon, Bound::positive);
  field("momentum", o.momentum, Bound::not_negative);
  field("centered", o.centered, Bound::share);
  field("weight_decay", o.weight_decay, Bound::not_negative);
}

template <class Field>
void each_field(Adagrad& o, const Field& field) {
  field("rate_decay", o.rate_decay, Bound::not_negative);
  field("epsilon", o.epsilon, Bound::positive);
  field("initial_sum", o.initial_sum, Bound::not_negative);
  field("weight_decay", o.weight_decay, Bound::not_negative);
}

template <class Field>
void each_field(Adafactor& o, const Field& field) {
  field("clip_threshold", o.clip_threshold, Bound::positive);
  field("decay_exponent", o.decay_exponent, Bound::negative);
  field("beta1", o.beta1, Bound::below_one);
  field("epsilon", o.epsilon, Bound::positive);
  field("least_scale", o.least_scale, Bound::positive);
  field("scale_parameter", o.scale_parameter, Bound::share);
  field("relative_step", o.relative_step, Bound::share);
  field("warmup_init", o.warmup_init, Bound::share);
  field("weight_decay", o.weight_decay, Bound::not_negative);
}

template <class Field>
void each_field(Lion& o, const Field& field) {
  field("beta1", o.beta1, Bound::below_one);
  field("beta2", o.beta2, Bound::below_one);
  field("weight_decay", o.weight_decay, Bound::not_negative);
}

template <class Field>
void each_field(Muon& o, const Field& field) {
  field("momentum", o.momentum, Bound::below_one);
  field("nesterov", o.nesterov, Bound::share);
  field("iterations", o.iterations, Bound::positive);
  field("matches_adamw", o.matches_adamw, Bound::share);
  field("weight_decay", o.weight_decay, Bound::not_negative);
  field("beta1", o.beta1, Bound::below_one);
  field("beta2", o.beta2, Bound::below_one);
  field("epsilon", o.epsilon, Bound::positive);
}

template <class Field>
void each_field(AdamW8bit& o, const Field& field) {
  each_adam_field(o, field);
}

template <class Field>
void each_field(OptimizerOptions& options, const Field& field) {
  std::visit([&](auto& chosen) { each_field(chosen, field); }, options);
}

// All but the shape of the fall, which has names.
template <class Field>
void each_field(ScheduleOptions& o, const Field& field) {
  field("lowest", o.lowest, Bound::share);
  field("cycles", o.cycles, Bound::not_negative);
  field("power", o.power, Bound::positive);
  field("timescale", o.timescale, Bound::not_negative);
  field("decay_steps", o.decay_steps, Bound::not_negative);
  field("gamma", o.gamma, Bound::positive);
  field("period", o.period, Bound::not_negative);
  field("rise", o.rise, Bound::below_one);
  field("start_divisor", o.start_divisor, Bound::positive);
  field("end_divisor", o.end_divisor, Bound::positive);
  field("plateau_patience", o.plateau_patience, Bound::not_negative);
  field("plateau_threshold", o.plateau_threshold, Bound::below_one);
}

// All but the loss, which has names, and the reference.
template <class Field>
void each_field(PreferenceOptions& o, const Field& field) {
  field("beta", o.beta, Bound::positive);
  field("margin", o.margin, Bound::not_negative);
  field("label_smoothing", o.label_smoothing, Bound::below_one);
  field("desirable", o.desirable, Bound::not_negative);
  field("undesirable", o.undesirable, Bound::not_negative);
}

}  // namespace graft::inline v0
