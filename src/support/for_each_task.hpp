// SPDX-License-Identifier: Apache-2.0
//
// Work on a pool: Threads, or a Backend with those that the host gave it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>

namespace graft::inline v0 {

// Calls body(task, worker) for each task on the pool. What a body throws is thrown here, when all are done.
template <class Pool, class Body>
void for_each_task(Pool& pool, int tasks, const Body& body) {
  struct Job {
    const Body& body;
    std::exception_ptr failure;
    std::mutex failing;
  } job{body, nullptr, {}};
  pool.parallel(
      tasks,
      [](void* argument, int task, int worker) {
        Job& its = *static_cast<Job*>(argument);
        try {
          its.body(static_cast<size_t>(task), static_cast<size_t>(worker));
        } catch (...) {
          const std::lock_guard lock(its.failing);
          its.failure = std::current_exception();
        }
      },
      &job);
  if (job.failure) std::rethrow_exception(job.failure);
}

// body(part, first) for parts of the values; `first` is the place of the part's first value.
template <class Pool, class Body>
void for_each_part(Pool& pool, std::span<float> values, const Body& body) {
  constexpr size_t kPart = 1 << 13;
  for_each_task(pool, int((values.size() + kPart - 1) / kPart), [&](size_t task, size_t) {
    const size_t first = task * kPart;
    body(values.subspan(first, std::min(kPart, values.size() - first)), uint64_t(first));
  });
}

}  // namespace graft::inline v0
