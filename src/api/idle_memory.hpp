// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <mutex>

#include "tensor/memory.hpp"

namespace graft::inline v0 {

// Memory of finished calls, kept for the next ones: pages that are fresh from the system cost as much as a tenth of a
// pass. Thread-safe.
class IdleMemory {
 public:
  // The memory of one call; it comes back at the end of the object's life, when all that was made in it is gone.
  class Loan {
   public:
    Loan(IdleMemory& idle, const Backend& backend) : idle_(idle), memory_(idle.take(backend)) {}
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

  std::shared_ptr<Memory> take(const Backend& backend) {
    const std::lock_guard lock(mutex_);
    return count_ ? std::move(kept_[--count_]) : Memory::create(backend);
  }
  void give_back(std::shared_ptr<Memory> memory) {
    if (memory->cached_bytes() > kMostBytes) memory->trim();
    const std::lock_guard lock(mutex_);
    if (count_ < kMostKept) kept_[count_++] = std::move(memory);
  }

  std::mutex mutex_;
  size_t count_ = 0;
  std::array<std::shared_ptr<Memory>, kMostKept> kept_;  // the first `count_`; no growing where nothing may throw
};

}  // namespace graft::inline v0
