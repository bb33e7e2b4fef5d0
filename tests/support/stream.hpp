// SPDX-License-Identifier: Apache-2.0
//
// A Stream for tests of kernels: threads that take tasks in turn, and scratch of just the size that was asked for, full
// of NaN.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "kernels.hpp"

namespace graft {

class TestStream {
 public:
  explicit TestStream(int workers = 1) : workers_(workers) {}

  operator Stream() { return {this, workers_, parallel, scratch}; }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  // Worker w runs tasks w, w + workers, …, the last first where w is odd.
  static void parallel(void* context, int tasks, void (*body)(void*, int, int), void* argument) {
    const int workers = static_cast<TestStream*>(context)->workers_;
    std::vector<std::thread> threads;
    for (int worker = 1; worker < workers; ++worker)
      threads.emplace_back([=] {
        const int mine = (tasks - worker + workers - 1) / workers;
        for (int i = 0; i < mine; ++i) body(argument, worker + (worker % 2 == 1 ? mine - 1 - i : i) * workers, worker);
      });
    for (int task = 0; task < tasks; task += workers) body(argument, task, 0);
    for (std::thread& thread : threads) thread.join();
  }

  static void* scratch(void* context, size_t bytes) {
    std::unique_ptr<void, Free>& memory = static_cast<TestStream*>(context)->memory_;
    memory.reset(std::aligned_alloc(64, std::max<size_t>(64, (bytes + 63) / 64 * 64)));
    if (!memory) throw std::bad_alloc();
    std::memset(memory.get(), 0xff, bytes);
    return memory.get();
  }

  int workers_;
  std::unique_ptr<void, Free> memory_;
};

}  // namespace graft
