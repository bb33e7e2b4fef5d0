// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace graft::inline v0 {

// Memory on cache lines of its own, on huge pages where it fills one; std::free returns it. Throws std::bad_alloc.
void* allocate_aligned(size_t bytes);

}  // namespace graft::inline v0
