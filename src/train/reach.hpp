// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include "tensor/gradients.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// Watches that a gradient reaches all that is trained. The first step shows it, but for experts: tokens may pass one
// by, so of the experts side by side one must be reached within an epoch.
class Reach {
 public:
  explicit Reach(const std::vector<Parameter>& parameters);

  // Takes in the gradients of a step. Throws NumericError that names a parameter that is missed.
  void check(const Gradients& gradients, const std::vector<Parameter>& parameters, bool ends_epoch);

 private:
  std::set<std::string> waiting_;  // names, or what experts have in common
};

}  // namespace graft::inline v0
