// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// An exponential moving average of the parameters, from their first values on: average += (1 - decay) · (parameter -
// average) after each step.
class WeightAverage {
 public:
  WeightAverage(const std::vector<Parameter>& parameters, float decay, Memory& memory);

  void follow(const Lane& lane);
  // Parameters and averages change places.
  void swap();
  std::vector<NamedTensor> state() const;

 private:
  struct Slot {
    std::string name;
    Tensor parameter, average;
  };
  std::vector<Slot> slots_;
  float share_;
};

}  // namespace graft::inline v0
