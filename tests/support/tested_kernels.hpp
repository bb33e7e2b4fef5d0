// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "backend/backend.hpp"

namespace graft {

// The tables that a test goes through: the one that GRAFT_KERNELS names, or all that the processor runs.
inline std::vector<std::string> tested_kernels() {
  const char* named = std::getenv("GRAFT_KERNELS");
  return named ? std::vector<std::string>{named} : kernel_names();
}

}  // namespace graft
