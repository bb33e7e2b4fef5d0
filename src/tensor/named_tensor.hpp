// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

struct NamedTensor {
  std::string name;
  Tensor value;
};

}  // namespace graft::inline v0
