// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graft/train_options.hpp"
#include "tensor/gradients.hpp"
#include "train/update_rule.hpp"

namespace graft::inline v0 {

// Every parameter with its rule, its rate and its decay. Steps count from 1.
class Optimizer {
 public:
  // Of the options: the optimizer, the learning rate with its decay by layer, and the groups.
  Optimizer(const std::vector<Parameter>& parameters, const TrainOptions& options,
            const std::shared_ptr<Memory>& memory);

  // Changes every parameter by its gradient times `gradient_scale`, at its learning rate times `rate_factor`.
  void step(const Lane& lane, const Gradients& gradients, double rate_factor, float gradient_scale);

  // All that the next step depends on but their number, under names that begin with that of the parameter's state.
  std::vector<NamedTensor> state() const;
  void set_steps(int steps) { steps_ = steps; }

 private:
  struct Slot {
    std::string name;
    Tensor parameter;
    float learning_rate, weight_decay;
    std::unique_ptr<UpdateRule> rule;
  };
  std::vector<Slot> slots_;
  int steps_ = 0;
};

// How many floats an optimizer keeps for each value of a matrix.
double state_per_value(const OptimizerOptions& options);

}  // namespace graft::inline v0
