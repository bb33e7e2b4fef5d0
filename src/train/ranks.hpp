// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graft/group.hpp"
#include "train/objective.hpp"

namespace graft::inline v0 {

// A training run among those of its group. Without a group it is the first of one.
class Ranks {
 public:
  // Not owned; null: none.
  explicit Ranks(Group* group) : group_(group) {}

  bool is_first() const { return !group_ || group_->rank() == 0; }
  Share share() const { return group_ ? Share{group_->rank(), group_->size()} : Share(); }

  // All ranks ask at once: whether one of them says so, and what the first says.
  bool any(bool own) const { return sum(own) > 0; }
  double of_first(double own) const { return sum(is_first() ? own : 0); }
  // Throws ArgumentError at each of them unless they have the same fingerprint.
  void check_equal(uint64_t fingerprint) const;

  // What each rank found becomes what all have found together.
  void join(StepLoss& loss) const;
  void join(Gradients& gradients, std::span<const Tensor> watched, Memory& memory) const;

 private:
  double sum(double own) const;

  Group* group_;
};

}  // namespace graft::inline v0
