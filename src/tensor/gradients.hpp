// SPDX-License-Identifier: Apache-2.0
//
// The gradients of one optimizer step: what is watched, and the sums over its micro-batches.
#pragma once

#include <unordered_map>
#include <utility>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

class Gradients {
 public:
  explicit Gradients(std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {}

  // From now on every tape of this step adds to the gradient of `parameter`, from zero.
  void watch(const Tensor& parameter) {
    sums_.emplace(parameter.identity().get(), Entry{parameter, Tensor(*memory_, parameter.rows(), parameter.cols())});
  }
  bool watches(const Shape* identity) const { return sums_.contains(identity); }
  // Where a backward step adds to the gradient; null when nobody watches. Marks it as reached.
  float* reach(const Shape* identity) {
    const GradientSum sum = reach_unset(identity);
    if (sum.is_unset) sums_.at(identity).gradient.clear();
    return sum.data;
  }
  // The same for the host, which may add at once.
  float* reach_on_host(const Tensor& parameter) {
    float* sum = reach(parameter.identity().get());
    memory_->wait();
    return sum;
  }
  // The same for a step that can write the whole gradient where it is the first to reach it.
  GradientSum reach_unset(const Shape* identity) {
    const auto found = sums_.find(identity);
    if (found == sums_.end()) return nullptr;
    Entry& entry = found->second;
    entry.reached = true;
    return {entry.gradient.data(), std::exchange(entry.is_unset, false)};
  }
  const Tensor& of(const Tensor& parameter) const {
    const Entry& entry = sums_.at(parameter.identity().get());
    if (std::exchange(entry.is_unset, false)) entry.gradient.clear();
    return entry.gradient;
  }
  // Whether any backward step wrote to it since the last clear.
  bool reached(const Tensor& parameter) const { return sums_.at(parameter.identity().get()).reached; }

  // All sums are zero again, for the next optimizer step.
  void clear() {
    for (auto& [identity, entry] : sums_) {
      entry.is_unset = true;
      entry.reached = false;
    }
  }

 private:
  struct Entry {
    Tensor parameter;  // keeps the identity alive
    Tensor gradient;
    mutable bool is_unset = true;  // zero, but not written yet
    bool reached = false;
  };
  std::shared_ptr<Memory> memory_;
  std::unordered_map<const Shape*, Entry> sums_;
};

}  // namespace graft::inline v0
