// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace graft {

// A block of the host's memory, as it was allocated.
struct HostBlock {
  char* data = nullptr;
  size_t bytes = 0;
};

// The block that holds an address; none where the address is not on the heap.
HostBlock host_block(const void* address);

}  // namespace graft
