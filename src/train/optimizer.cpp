// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.hpp"

#include <cmath>

#include "support/pattern.hpp"

namespace graft::inline v0 {

Optimizer::Optimizer(const std::vector<Parameter>& parameters, const TrainOptions& options,
                     const std::shared_ptr<Memory>& memory) {
  std::vector<Pattern> patterns;
  for (const ParameterGroup& group : options.groups) patterns.emplace_back(group.pattern, "TrainOptions: groups");
  const float decay = std::visit([](const auto& chosen) { return chosen.weight_decay; }, options.optimizer);
  for (const Parameter& parameter : parameters) {
    const bool is_decayed = options.decay_norms_and_biases || parameter.place.kind != Place::Kind::vector;
    Slot slot{parameter.name, parameter.value,
              float(options.learning_rate * std::pow(double(options.layer_rate_decay), parameter.place.depth)),
              is_decayed ? decay : 0,
              std::visit(
                  [&](const auto& chosen) {
                    return make_rule(chosen, {parameter, memory});
                  },
                  options.optimizer)};
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (!patterns[i].matches_whole(parameter.name)) continue;
      slot.learning_rate = options.groups[i].learning_rate.value_or(slot.learning_rate);
      slot.weight_decay = options.groups[i].weight_decay.value_or(slot.weight_decay);
      break;
    }
    slots_.push_back(std::move(slot));
  }
}

void Optimizer::step(const Lane& lane, const Gradients& gradients, double rate_factor, float gradient_scale) {
  ++steps_;
  for (const Slot& slot : slots_)
    slot.rule->step(lane,
                    {.scale = gradient_scale,
                     .rate = float(slot.learning_rate * rate_factor),
                     .weight_decay = slot.weight_decay,
                     .number = steps_},
                    gradients.of(slot.parameter).data());
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> all;
  for (const Slot& slot : slots_)
    for (const auto& [name, value] : slot.rule->state()) all.push_back({name + "." + slot.name, value});
  return all;
}

namespace {

struct StatePerValue {
  double operator()(const AdamW& o) const { return o.amsgrad ? 3 : 2; }
  double operator()(const Adam& o) const { return o.amsgrad ? 3 : 2; }
  double operator()(const SGD& o) const { return o.momentum > 0; }
  double operator()(const RMSprop& o) const { return 1.0 + (o.momentum > 0) + o.centered; }
  double operator()(const Adagrad&) const { return 1; }
  double operator()(const Adafactor& o) const { return o.beta1 > 0; }
  double operator()(const Lion&) const { return 1; }
  double operator()(const Muon&) const { return 1; }
  double operator()(const AdamW8bit&) const { return 0.5; }
};

}  // namespace

double state_per_value(const OptimizerOptions& options) { return std::visit(StatePerValue(), options); }

}  // namespace graft::inline v0
