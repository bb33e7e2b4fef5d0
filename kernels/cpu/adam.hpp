// SPDX-License-Identifier: Apache-2.0
//
// A step of Adam on a vector of values, whatever its moments are kept as.
#pragma once

#include <math.h>

#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

struct AdamVectors {
  const AdamStep& options;
  float rate, correction, keep, decay;  // of the parameter, and what of it is added to the gradient

  explicit AdamVectors(const AdamStep& adam) : options(adam) {
    const double number = adam.step.number;
    rate = static_cast<float>(adam.step.rate / (1 - pow(static_cast<double>(adam.beta1), number)));
    correction = static_cast<float>(1 / sqrt(1 - pow(static_cast<double>(adam.beta2), number)));
    keep = adam.decoupled ? kept_share(adam.step) : 1;
    decay = adam.decoupled ? 0 : adam.step.weight_decay;
  }

  // Moves both moments by the gradient.
  void move(const float* gradient, const float* parameter, int lanes, Vec& mean, Vec& variance) const {
    Vec g = load(gradient, lanes) * options.step.scale;
    if (decay != 0) g += load(parameter, lanes) * decay;
    mean = mean * options.beta1 + g * (1 - options.beta1);
    variance = variance * options.beta2 + g * g * (1 - options.beta2);
  }

  void apply(float* parameter, int lanes, Vec mean, Vec variance) const {
    const Vec change = mean * rate / (square_root(variance) * correction + options.epsilon);
    store(parameter, load(parameter, lanes) * keep - change, lanes);
  }
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
