// SPDX-License-Identifier: Apache-2.0
//
// A caching allocator: freed blocks are kept by size class and given out again, also for somewhat smaller needs, so
// that a steady state allocates nothing from the system. A new block takes the place of cached ones that are too small,
// so what is held stays near the most that was ever used. The memory of a device's backend is shared with the device:
// kernels use it in the order in which they are called, the host after `wait`. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/backend.hpp"

namespace graft::inline v0 {

class Memory : public std::enable_shared_from_this<Memory> {
 public:
  // `budget`: the most bytes that may be in use and cached together; 0: no limit.
  static std::shared_ptr<Memory> create(const Backend& backend, size_t budget = 0);
  // For the host alone.
  static std::shared_ptr<Memory> create_on_host(size_t budget = 0);
  ~Memory();

  // A block aligned to 64 bytes that returns to this allocator. Throws ResourceError before the budget is exceeded,
  // std::bad_alloc when the system has none.
  std::shared_ptr<float> allocate(size_t floats);

  // Returns when the kernels that were called are done: what they wrote can be read, and what they read be written.
  void wait() const {
    if (queue_) queue_->wait();
  }
  // In the order of kernels.
  void clear(float* data, size_t floats) const;
  void copy(const float* from, float* to, size_t floats) const;

  size_t peak_bytes() const;
  size_t used_bytes() const;
  size_t cached_bytes() const;
  // From now on the peak counts anew.
  void reset_peak();
  // Gives cached blocks back to the system.
  void trim();

 private:
  Memory(std::shared_ptr<const DeviceQueue> queue, size_t budget) : queue_(std::move(queue)), budget_(budget) {}
  struct Block {
    void* data;
    size_t bytes;
  };
  Block take(size_t bytes);
  Block take_cached(size_t bytes);
  void give_back(Block block);
  void evict_below(size_t bytes);
  void trim_locked();
  void* allocate_new(size_t bytes) const;
  void free_block(void* data) const;

  std::shared_ptr<const DeviceQueue> queue_;
  mutable std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
  size_t budget_, used_ = 0, cached_ = 0, peak_ = 0;
};

}  // namespace graft::inline v0
