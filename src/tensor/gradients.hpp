// SPDX-License-Identifier: Apache-2.0
//
// The gradients of one optimizer step: what is watched, and the sums over its micro-batches.
#pragma once

#include <unordered_map>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

class Gradients {
 public:
  explicit Gradients(std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {}

  // From now on every tape of this step adds to the gradient of `parameter`, from zero.
  void watch(const Tensor& parameter) {
    sums_.emplace(parameter.identity().get(), Entry{parameter, Tensor::zeros(*memory_, parameter.rows(), parameter.cols())});
  }
  bool watches(const Shape* identity) const { return sums_.contains(identity); }
  // The gradient's data, or null when nobody watches; marks it as reached.
  float* reach(const Shape* identity) {
    const auto found = sums_.find(identity);
    if (found == sums_.end()) return nullptr;
    found->second.reached = true;
    return found->second.gradient.data();
  }
  const Tensor& of(const Tensor& parameter) const { return sums_.at(parameter.identity().get()).gradient; }
  // Whether any backward step wrote to it since the last clear.
  bool reached(const Tensor& parameter) const { return sums_.at(parameter.identity().get()).reached; }

  // Sets all sums to zero, for the next optimizer step.
  void clear() {
    for (auto& [identity, entry] : sums_) {
      std::memset(entry.gradient.data(), 0, entry.gradient.size() * sizeof(float));
      entry.reached = false;
    }
  }

 private:
  struct Entry {
    Tensor parameter;  // keeps the identity alive
    Tensor gradient;
    bool reached = false;
  };
  std::shared_ptr<Memory> memory_;
  std::unordered_map<const Shape*, Entry> sums_;
};

}  // namespace graft::inline v0
