// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "backend/backend.hpp"
#include "graft/train_options.hpp"
#include "tensor/gradients.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// Of all gradients together, in one order.
double gradient_norm(const Lane& lane, const Gradients& gradients, const std::vector<Parameter>& parameters,
                     GradientNorm kind);

// Σ x², when it is there.
double square_sum(const Lane& lane, const Tensor& x);

// Every value becomes at least -limit and at most limit.
void clip_values(const Lane& lane, const Gradients& gradients, const std::vector<Parameter>& parameters, float limit);

// What gradients of this norm are multiplied by so that it is at most `limit`; 0: no limit.
inline float clip_factor(double limit, double norm) {
  return limit > 0 ? float(std::min(1.0, limit / (norm + 1e-6))) : 1.0f;
}

}  // namespace graft::inline v0
