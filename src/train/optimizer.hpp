// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "backend/backend.hpp"
#include "graft/train_options.hpp"
#include "tensor/gradients.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// AdamW with two moments a parameter. Steps count from 1.
class Optimizer {
 public:
  Optimizer(const std::vector<NamedTensor>& parameters, const AdamWOptions& options, float learning_rate,
            const std::vector<ParameterGroup>& groups, const std::shared_ptr<Memory>& memory);

  // Changes every parameter by its gradient times `gradient_scale`, at its learning rate times `rate_factor`.
  void step(const Lane& lane, const Gradients& gradients, double rate_factor, float gradient_scale);

  int steps() const { return steps_; }
  void set_steps(int steps) { steps_ = steps; }

  struct Slot {
    NamedTensor parameter;
    float learning_rate, weight_decay;
    Tensor mean, variance;
  };
  const std::vector<Slot>& slots() const { return slots_; }

 private:
  AdamWOptions options_;
  std::vector<Slot> slots_;
  int steps_ = 0;
};

// The root of the sum of squares of all gradients, in one order.
double gradient_norm(const Lane& lane, const Gradients& gradients, const std::vector<NamedTensor>& parameters);

// What gradients of this norm are multiplied by so that it is at most `limit`; 0: no limit.
inline float clip_factor(double limit, double norm) {
  return limit > 0 ? float(std::min(1.0, limit / (norm + 1e-6))) : 1.0f;
}

}  // namespace graft::inline v0
