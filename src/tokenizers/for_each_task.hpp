// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <mutex>

#include "support/threads.hpp"

namespace graft::inline v0 {

// Calls body(task, worker) for each task on the pool. What a body throws is thrown here, when all are done.
template <class Body>
void for_each_task(Threads& pool, int tasks, const Body& body) {
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

}  // namespace graft::inline v0
