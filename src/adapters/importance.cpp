// SPDX-License-Identifier: Apache-2.0
#include "adapters/importance.hpp"

#include <algorithm>
#include <cmath>

namespace graft::inline v0 {

void Importance::clear() const {
  std::fill_n(sensitivity_.data(), sensitivity_.size(), 0.0f);
  std::fill_n(strays_.data(), strays_.size(), 0.0f);
}

void Importance::add(const Tensor& values, const Tensor& gradient, float gradient_scale, float beta1,
                     float beta2) const {
  for (size_t i = 0; i < values.size(); ++i) {
    const float now = std::abs(values.data()[i] * (gradient_scale * gradient.data()[i]));
    float &mean = sensitivity_.data()[i], &stray = strays_.data()[i];
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
