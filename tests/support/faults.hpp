// SPDX-License-Identifier: Apache-2.0
//
// Calls of the system that fail on purpose. The test program has functions of its own in the place of operator new,
// aligned_alloc, open, write, fsync and rename, so the library is tested as it is.
#pragma once

#include <cstdint>

namespace graft {

enum class Call { allocate, open, write, fsync, rename };

// While it lives, the k-th call of one kind fails, in whatever thread it is made; 0: none, they are only counted.
// One object at a time.
class Fault {
 public:
  enum class After { works, fails };  // whether what comes behind the k-th call works again: a full disk stays full
  Fault(Call call, int64_t k, int error = 0, After after = After::works);
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
  ~Fault();

  int64_t calls() const;  // so far
};

// How many blocks of operator new are alive.
int64_t live_blocks();

// Each k that is tried: all up to `dense`, then steps of k / dense.
inline int64_t next_fault(int64_t k, int64_t dense) { return k + 1 + k / dense; }

}  // namespace graft
