// SPDX-License-Identifier: Apache-2.0
//
// Work on the workers of a Stream, cut by shape and never by the number of workers.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }
template <class T>
constexpr T min(T a, T b) {
  return a < b ? a : b;
}
template <class T>
constexpr T max(T a, T b) {
  return a < b ? b : a;
}

// Gives AMX's tile registers back, since a thread that holds some costs more to switch.
#if defined(__AMX_BF16__)
void release_tiles();
#else
inline void release_tiles() {}
#endif

// body(task, worker) for each task in [0, tasks).
template <class Body>
void parallel_for(const Stream& stream, int64_t tasks, const Body& body) {
  const auto run = [](void* argument, int task, int worker) {
    (*static_cast<const Body*>(argument))(task, worker);
    release_tiles();
  };
  void* const argument = const_cast<void*>(static_cast<const void*>(&body));
  if (tasks == 1) return run(argument, 0, 0);
  if (tasks > 1) stream.parallel(stream.context, static_cast<int>(tasks), run, argument);
}

// Elements a task: enough to hide the cost of handing it out.
inline constexpr int64_t kTaskElements = 1 << 14;

// body(begin, end) for ranges that cover [0, count); `cost` elements of work stand behind each.
template <class Body>
void parallel_ranges(const Stream& stream, int64_t count, int64_t cost, const Body& body) {
  const int64_t size = max<int64_t>(1, kTaskElements / max<int64_t>(1, cost));
  parallel_for(stream, ceil_div(count, size),
               [&](int64_t task, int) { body(task * size, min(count, (task + 1) * size)); });
}

// A piece of scratch memory, cut from the front; pieces are aligned to 64 bytes.
struct Scratch {
  char* next;

  template <class T>
  T* take(int64_t count) {
    char* piece = next;
    next += round_up(count * static_cast<int64_t>(sizeof(T)), 64);
    return reinterpret_cast<T*>(piece);
  }
};

// Sizes pieces of scratch as Scratch::take cuts them.
template <class T>
constexpr int64_t scratch_bytes(int64_t count) {
  return round_up(count * static_cast<int64_t>(sizeof(T)), 64);
}

// The scratch memory of a call: what its tasks share, and a piece for each worker. The pieces lie apart, since a core
// that reads in strides fetches lines far ahead, and would take them from the core that writes them: side by side they
// cost a prefill on two cores of Zen 5 a seventh of its time, 16 KiB apart a fiftieth.
class Workspace {
 public:
  Workspace(const Stream& stream, int64_t bytes_of_worker, int64_t shared_bytes = 0)
      : first_(round_up(shared_bytes, 64) + kApart), stride_(round_up(bytes_of_worker, 64) + kApart) {
    memory_ =
        static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(first_ + stride_ * stream.workers)));
  }
  Scratch shared() const { return {memory_}; }
  template <class T = char>
  T* of_worker(int worker) const {
    return reinterpret_cast<T*>(memory_ + first_ + worker * stride_);
  }

 private:
  static constexpr int64_t kApart = 1 << 16;
  int64_t first_, stride_;
  char* memory_;
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
