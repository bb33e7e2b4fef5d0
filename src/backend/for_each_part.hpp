// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>

#include "backend/backend.hpp"

namespace graft::inline v0 {

// body(part, first) for parts of the values, on the threads of the backend; `first` is the place of the part's first
// value. A body must not throw.
template <class Body>
void for_each_part(const Backend& backend, std::span<float> values, const Body& body) {
  constexpr size_t kPart = 1 << 13;
  const auto run = [&](int task) {
    const size_t first = size_t(task) * kPart;
    body(values.subspan(first, std::min(kPart, values.size() - first)), uint64_t(first));
  };
  backend.parallel(
      int((values.size() + kPart - 1) / kPart),
      [](void* argument, int task, int) { (*static_cast<const decltype(run)*>(argument))(task); },
      const_cast<void*>(static_cast<const void*>(&run)));
}

}  // namespace graft::inline v0
