// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "support/random.hpp"

namespace graft::inline v0 {

// The numbers of one stream, one after the other.
class RandomDraws {
 public:
  RandomDraws(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}
  double uniform() { return random_uniform(seed_, stream_, next_++); }
  size_t below(size_t count) { return std::min(count - 1, size_t(uniform() * double(count))); }

 private:
  uint64_t seed_, stream_, next_ = 0;
};

}  // namespace graft::inline v0
