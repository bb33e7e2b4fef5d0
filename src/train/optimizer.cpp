// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.hpp"

#include <cmath>

#include "support/pattern.hpp"

namespace graft::inline v0 {

Optimizer::Optimizer(const std::vector<NamedTensor>& parameters, const AdamWOptions& options, float learning_rate,
                     const std::vector<ParameterGroup>& groups, const std::shared_ptr<Memory>& memory)
    : options_(options) {
  std::vector<Pattern> patterns;
  for (const ParameterGroup& group : groups) patterns.emplace_back(group.pattern, "TrainOptions: groups");
  for (const NamedTensor& parameter : parameters) {
    const auto zeros = [&] { return Tensor::zeros(*memory, parameter.value.rows(), parameter.value.cols()); };
    Slot slot{parameter, learning_rate, options.weight_decay, zeros(), zeros()};
    for (size_t i = 0; i < groups.size(); ++i) {
      if (!patterns[i].matches_whole(parameter.name)) continue;
      slot.learning_rate = groups[i].learning_rate.value_or(slot.learning_rate);
      slot.weight_decay = groups[i].weight_decay.value_or(slot.weight_decay);
      break;
    }
    slots_.push_back(std::move(slot));
  }
}

void Optimizer::step(const Lane& lane, const Gradients& gradients, double rate_factor, float gradient_scale) {
  ++steps_;
  for (const Slot& slot : slots_) {
    const AdamW how{.rate = float(slot.learning_rate * rate_factor),
                    .beta1 = options_.beta1,
                    .beta2 = options_.beta2,
                    .epsilon = options_.epsilon,
                    .weight_decay = slot.weight_decay,
                    .step = steps_,
                    .scale = gradient_scale};
    lane.backend().kernels().adamw(lane.stream(), how, gradients.of(slot.parameter.value).data(),
                                   slot.parameter.value.data(), slot.mean.data(), slot.variance.data(),
                                   int64_t(slot.parameter.value.size()));
  }
}

double gradient_norm(const Lane& lane, const Gradients& gradients, const std::vector<NamedTensor>& parameters) {
  double sum = 0;
  for (const NamedTensor& parameter : parameters) {
    const Tensor& gradient = gradients.of(parameter.value);
    sum += lane.backend().kernels().square_sum(lane.stream(), gradient.data(), int64_t(gradient.size()));
  }
  return std::sqrt(sum);
}

}  // namespace graft::inline v0
