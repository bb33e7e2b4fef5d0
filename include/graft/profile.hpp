// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

// What one kernel has taken since the model was loaded with DeviceOptions::profile.
struct KernelProfile {
  std::string name;  // "linear", as in the table of kernels
  int64_t calls = 0;
  double seconds = 0;
  double operations = 0;  // floating-point or integer; 0 where the kernel only moves data
  double bytes = 0;       // read and written at least; 0 where operations are what counts
};

// A table in Markdown: calls, milliseconds, share, and GFLOP/s or GB/s.
GRAFT_EXPORT std::string to_markdown(const std::vector<KernelProfile>& profile);

}  // namespace graft::inline v0
