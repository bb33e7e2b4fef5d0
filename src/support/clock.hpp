// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace graft::inline v0 {

// Seconds of a clock that never goes back.
inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace graft::inline v0
