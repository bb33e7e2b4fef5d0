// SPDX-License-Identifier: Apache-2.0
//
// What the kernels of optimizers share. Each reads and writes the parameter and its moments once, and reads the
// gradient once, in whole lines.
#pragma once

#include "cuda/device.cuh"

namespace graft::inline v0::cuda {

// The gradient that a step of a rule without decoupled decay sees.
__device__ inline float decayed_gradient(const Step& step, float gradient, float parameter) {
  return gradient * step.scale + parameter * step.weight_decay;
}

// What decoupled decay leaves of a parameter.
inline float kept_share(const Step& step) { return 1 - step.rate * step.weight_decay; }

// A step of Adam on one value.
struct AdamRule {
  float scale, beta1, beta2, epsilon;
  float rate, correction, keep, decay;  // of the parameter, and what of it is added to the gradient

  explicit AdamRule(const AdamStep& adam)
      : scale(adam.step.scale), beta1(adam.beta1), beta2(adam.beta2), epsilon(adam.epsilon) {
    const double number = adam.step.number;
    rate = float(adam.step.rate / (1 - pow(double(adam.beta1), number)));
    correction = float(1 / sqrt(1 - pow(double(adam.beta2), number)));
    keep = adam.decoupled ? kept_share(adam.step) : 1;
    decay = adam.decoupled ? 0 : adam.step.weight_decay;
  }

  // Moves both moments by the gradient.
  __device__ void move(float gradient, float parameter, float& mean, float& variance) const {
    const float g = gradient * scale + parameter * decay;
    mean = mean * beta1 + g * (1 - beta1);
    variance = variance * beta2 + g * g * (1 - beta2);
  }
  __device__ float applied(float parameter, float mean, float variance) const {
    return parameter * keep - mean * rate / (sqrtf(variance) * correction + epsilon);
  }
};

}  // namespace graft::inline v0::cuda
