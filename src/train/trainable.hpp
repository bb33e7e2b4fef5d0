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

// Where a parameter stands in its network: what rules by kind and by depth go by.
struct Place {
  enum class Kind {
    matrix,  // inside the network, or an adapter's
    edge,    // a matrix at one of its ends: an embedding, a head
    vector   // a gain or a bias
  };
  Kind kind = Kind::matrix;
  int depth = 0;             // layers between it and the heads: 0 for heads, most for embeddings
  std::string experts = {};  // what it has in common with those of the experts beside its own; empty: is no expert's
};

struct Parameter {
  std::string name;
  Tensor value;
  Place place = {};
};

// What a training run changes: the values of an adapter, or of the model itself.
struct Trainable {
  std::vector<Parameter> parameters;
  std::vector<NamedTensor> running = {};       // what passes change by themselves: the moments of a batch norm
  std::function<void()> after_change = [] {};  // called when the values have changed
};

}  // namespace graft::inline v0
