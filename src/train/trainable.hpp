// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "tensor/gradients.hpp"
#include "tensor/named_tensor.hpp"

namespace graft::inline v0 {

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
  std::vector<NamedTensor> running = {};       // what passes change beside: the moments of a batch norm
  std::vector<NamedTensor> method_state = {};  // what finish_step changes beside: an adapter's budget
  std::function<void()> after_change = [] {};  // called when the values have changed

  // Where passes read other tensors in the place of some parameters: those, which get the gradients, and what carries
  // them to the parameters, once a step.
  std::vector<Tensor> lowered = {};
  std::function<void(Gradients&)> pull = [](Gradients&) {};
  // Before the first of so many steps; and after the optimizer's step, by its number from 1, with what it multiplied
  // the gradients by.
  std::function<void(int steps)> begin = [](int) {};
  std::function<void(const Gradients&, float scale, int step)> finish_step = [](const Gradients&, float, int) {};
};

}  // namespace graft::inline v0
