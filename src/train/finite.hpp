// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "train/objective.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// What is wrong with a step whose loss or gradient is not finite, with the tensor at fault as far as can be told.
std::string not_finite(double loss, const Gradients& gradients, const Trainable& trainable);

// The values that a pass changes by itself, for when its step is taken back.
class RunningValues {
 public:
  RunningValues(std::vector<NamedTensor> values, Memory& memory);
  void keep();
  void put_back();

 private:
  std::vector<NamedTensor> values_;
  std::vector<Tensor> kept_;
};

}  // namespace graft::inline v0
