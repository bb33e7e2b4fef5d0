// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tensor/edits.hpp"
#include "tensor/tensor.hpp"

namespace graft::inline v0 {

struct NamedTensor {
  std::string name;
  Tensor value;
};

// What a training run changes: the values of an adapter, or of the model itself.
struct Trainable {
  std::vector<NamedTensor> parameters;
  const Edits* edits = nullptr;          // how the model computes with them; null: they are its own weights
  std::function<void()> after_change = [] {};  // called when the values have changed
};

}  // namespace graft::inline v0
