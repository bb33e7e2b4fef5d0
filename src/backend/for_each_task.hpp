// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>

#include "backend/backend.hpp"

namespace graft::inline v0 {

// body(task) for each task on the threads of the backend. It must not throw.
template <class Body>
void for_each_task(const Backend& backend, size_t tasks, const Body& body) {
  backend.parallel(
      int(tasks), [](void* argument, int task, int) { (*static_cast<const Body*>(argument))(size_t(task)); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

// body(part, first) for parts of the values; `first` is the place of the part's first value.
template <class Body>
void for_each_part(const Backend& backend, std::span<float> values, const Body& body) {
  constexpr size_t kPart = 1 << 13;
  for_each_task(backend, (values.size() + kPart - 1) / kPart, [&](size_t task) {
    const size_t first = task * kPart;
    body(values.subspan(first, std::min(kPart, values.size() - first)), uint64_t(first));
  });
}

}  // namespace graft::inline v0
