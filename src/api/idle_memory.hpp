// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <vector>

#include "tensor/memory.hpp"

namespace graft::inline v0 {

// Memory of finished calls, kept for the next ones: pages that are fresh from the system cost as much as a tenth of a
// pass. Thread-safe.
class IdleMemory {
 public:
  // The memory of one call; it comes back at the end of the object's life, when all that was made in it is gone.
  class Loan {
   public:
    explicit Loan(IdleMemory& idle) : idle_(idle), memory_(idle.take()) {}
    ~Loan() { idle_.give_back(std::move(memory_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    const std::shared_ptr<Memory>& memory() const { return memory_; }

   private:
    IdleMemory& idle_;
    std::shared_ptr<Memory> memory_;
  };

 private:
  static constexpr size_t kMostKept = 2, kMostBytes = size_t{128} << 20;

  std::shared_ptr<Memory> take() {
    const std::lock_guard lock(mutex_);
    if (kept_.empty()) return Memory::create();
    std::shared_ptr<Memory> memory = std::move(kept_.back());
    kept_.pop_back();
    return memory;
  }
  void give_back(std::shared_ptr<Memory> memory) {
    if (memory->cached_bytes() > kMostBytes) memory->trim();
    const std::lock_guard lock(mutex_);
    if (kept_.size() < kMostKept) kept_.push_back(std::move(memory));
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<Memory>> kept_;
};

}  // namespace graft::inline v0
