// SPDX-License-Identifier: Apache-2.0
//
// A caching allocator: freed blocks are kept by size class and given out again, also for somewhat smaller needs, so
// that a steady state allocates nothing from the system. A new block takes the place of cached ones that are too small,
// so what is held stays near the most that was ever used. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace graft::inline v0 {

class Memory : public std::enable_shared_from_this<Memory> {
 public:
  // `budget`: the most bytes that may be in use and cached together; 0: no limit.
  static std::shared_ptr<Memory> create(size_t budget = 0);
  ~Memory();

  // A block aligned to 64 bytes that returns to this allocator. Throws ResourceError before the budget is exceeded,
  // std::bad_alloc when the system has none.
  std::shared_ptr<float> allocate(size_t floats);

  size_t peak_bytes() const;
  size_t used_bytes() const;
  size_t cached_bytes() const;
  // From now on the peak counts anew.
  void reset_peak();
  // Gives cached blocks back to the system.
  void trim();

 private:
  explicit Memory(size_t budget) : budget_(budget) {}
  struct Block {
    void* data;
    size_t bytes;
  };
  Block take(size_t bytes);
  Block take_cached(size_t bytes);
  void give_back(Block block);
  void evict_below(size_t bytes);
  void trim_locked();

  mutable std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
  size_t budget_, used_ = 0, cached_ = 0, peak_ = 0;
};

}  // namespace graft::inline v0
