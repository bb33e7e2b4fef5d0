// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

struct NamedTensor {
  std::string name;
  Tensor value;
};

// What a training run changes: the values of an adapter, or of the model itself.
struct Trainable {
  std::vector<NamedTensor> parameters;
  std::vector<NamedTensor> running = {};       // what passes change by themselves: the moments of a batch norm
  std::function<void()> after_change = [] {};  // called when the values have changed
};

}  // namespace graft::inline v0
