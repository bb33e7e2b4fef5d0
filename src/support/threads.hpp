// SPDX-License-Identifier: Apache-2.0
//
// A pool of threads that share one job at a time.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace graft::inline v0 {

class Threads {
 public:
  using Body = void (*)(void* argument, int task, int worker);

  // `count` workers, the calling thread included; at least 1.
  explicit Threads(int count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls body(argument, task, worker), which must not throw, once for each task and returns when all are done. When
  // another thread's job holds the pool, the caller does all of its own tasks itself: no waiting, and the results are
  // the same.
  void parallel(int tasks, Body body, void* argument);

 private:
  void work(int worker);
  void take_tasks(int worker);
  bool wait_for_job(uint32_t& seen);

  std::vector<std::thread> threads_;
  std::atomic<bool> taken_{false};  // by the thread whose job runs; not a mutex, for a task may come here again
  // The job: written while `open_` is false and nobody is inside. Each worker has a share of it, tasks that follow each
  // other and so read memory in order; when it is done, it helps the others.
  struct alignas(64) Share {
    std::atomic<int> next{0};
    int end = 0;
  };
  Body body_ = nullptr;
  void* argument_ = nullptr;
  std::unique_ptr<Share[]> shares_;
  alignas(64) std::atomic<int> inside_{0};
  alignas(64) std::atomic<bool> open_{false};
  std::atomic<uint32_t> posted_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace graft::inline v0
