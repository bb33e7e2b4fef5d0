// SPDX-License-Identifier: Apache-2.0
#include "adapters/importance.hpp"

#include <algorithm>
#include <cmath>

namespace graft::inline v0 {

void Importance::clear() const {
  sensitivity_.clear();
  strays_.clear();
}

void Importance::add(const Tensor& values, const Tensor& gradient, float gradient_scale, float beta1,
                     float beta2) const {
  const std::span<float> value = values.values(), slope = gradient.values(), means = sensitivity_.values(),
                         strays = strays_.values();
  for (size_t i = 0; i < value.size(); ++i) {
    const float now = std::abs(value[i] * (gradient_scale * slope[i]));
    float &mean = means[i], &stray = strays[i];
    mean = beta1 * mean + (1 - beta1) * now;
    stray = beta2 * stray + (1 - beta2) * std::abs(now - mean);
  }
}

Importance Importance::copy(Memory& memory) const {
  Importance copied = *this;
  copied.sensitivity_ = graft::copy(memory, sensitivity_);
  copied.strays_ = graft::copy(memory, strays_);
  return copied;
}

}  // namespace graft::inline v0
