// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "generate/candidates.hpp"
#include "models/network_pass.hpp"

namespace graft::inline v0 {

// The likeliest tokens of each row of logits, found where the logits lie, so that the host need not read them all.
class Shortlists {
 public:
  // At most kMostLargest of each row; 0: none.
  Shortlists(const NetworkContext& context, const Tensor& logits, size_t count);
  // As `likeliest` gives them.
  std::span<const Ranked> row(int index) const { return lists_[size_t(index)]; }

 private:
  std::vector<std::vector<Ranked>> lists_;
};

}  // namespace graft::inline v0
