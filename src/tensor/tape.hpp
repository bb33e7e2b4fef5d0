// SPDX-License-Identifier: Apache-2.0
//
// A straight list of steps, played backwards. A step is the closure that an operation records beside its forward pass;
// playing it frees what it kept.
#pragma once

#include <functional>
#include <initializer_list>
#include <unordered_map>
#include <vector>

#include "backend/backend.hpp"
#include "tensor/gradients.hpp"

namespace graft::inline v0 {

class Tape {
 public:
  // Leaves are what `gradients` watches; everything computed from them is watched too.
  Tape(Gradients& gradients, std::shared_ptr<Memory> memory, const Lane& lane)
      : leaves_(gradients), memory_(std::move(memory)), lane_(lane) {}

  bool watches(const Tensor& tensor) const;
  bool watches_any(std::initializer_list<Tensor> tensors) const;

  // `backward` is called once, with this tape, if a gradient has reached any of the outputs. It must not keep the
  // outputs themselves alive unless it needs their values. `rounds`: it rounds the outputs' gradients to bf16 before it
  // does anything with them, so that they may come as bf16.
  void record(std::vector<Identity> outputs, std::function<void(Tape&)> backward, bool rounds = false);

  // Inside a backward step: the gradient that has reached an output; an empty tensor if none has.
  Tensor upstream(const Identity& output) const;
  // Where a backward step adds the gradient of an input: null when nobody watches. The first that asks must write all
  // of it.
  GradientSum sum(const Identity& input);
  GradientSum sum(const Tensor& input) { return sum(input.identity()); }
  // The same for a step that can write bf16 as well, which is what it gets where the gradient will be rounded.
  GradientSum rounded_sum(const Identity& input);
  // The same for a step that only adds: zero at first.
  float* gradient(const Identity& input);
  float* gradient(const Tensor& input) { return gradient(input.identity()); }
  // The same for a step that the host computes: null, or where it may add at once.
  float* gradient_on_host(const Identity& input) {
    float* sum = gradient(input);
    memory_->wait();
    return sum;
  }
  // Adds a whole tensor to the gradient of an input. The tape takes it over where it is the first, so the step must be
  // done with it.
  void add_gradient(const Identity& input, Tensor gradient);

  // From now on the gradient of x is kept: an input, whose gradient `upstream` then gives.
  void watch(const Tensor& x) { gradients_.emplace(x.identity().get(), Gradient()); }
  // A tape for a part of the network with input x. What else the part reads, leaves or tensors of this tape, gets its
  // gradient here.
  Tape nested(const Tensor& x);

  // Keeps what the steps refer to alive as long as they.
  void keep(std::shared_ptr<const void> object) { kept_.push_back(std::move(object)); }

  // Plays all steps backwards from a 1 × 1 loss. The tape is empty afterwards.
  void backward(const Tensor& loss);
  // The same from any output and its gradient.
  void backward(const Tensor& y, const Tensor& dy);

 private:
  struct Gradient {
    Tensor sum = {};  // empty: none has arrived yet
    bool is_rounded = false;
  };
  Tensor widened(const Tensor& bf16) const;

  struct Step {
    std::vector<Identity> outputs;
    std::function<void(Tape&)> backward;
  };
  Gradients& leaves_;
  std::shared_ptr<Memory> memory_;
  const Lane& lane_;
  std::vector<Step> steps_;
  std::unordered_map<const Shape*, Gradient> gradients_;  // of outputs
  std::vector<std::shared_ptr<const void>> kept_;
  Tape* outer_ = nullptr;  // of a nested tape
};

}  // namespace graft::inline v0
