// SPDX-License-Identifier: Apache-2.0
//
// Where the time of the kernels goes: a table whose entries measure those of another one.
#pragma once

#include <array>
#include <atomic>
#include <vector>

#include "graft/profile.hpp"
#include "kernels.hpp"

namespace graft::inline v0 {

class Profile {
 public:
  explicit Profile(const Kernels& measured) : measured_(measured) {}

  const Kernels& measured() const { return measured_; }
  // The table to hand out. Its kernels look for the Profile in the backend of the Lane that their stream belongs to.
  Kernels table() const;
  // The kernels that were called, the one with the largest share first. From any thread.
  std::vector<KernelProfile> report() const;

  struct Sum {
    std::atomic<int64_t> calls{0}, nanoseconds{0};
    std::atomic<double> operations{0}, bytes{0};
  };
  static constexpr int kKernels = 64;
  std::array<Sum, kKernels>& sums() { return sums_; }

 private:
  Kernels measured_;
  std::array<Sum, kKernels> sums_;
};

}  // namespace graft::inline v0
