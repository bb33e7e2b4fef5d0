// SPDX-License-Identifier: Apache-2.0
//
// One block of memory for many that live equally long, side by side: the weights of a model, which are small beside a
// huge page and are read one after the other. The memory returns when none of them is held any more.
#pragma once

#include "tensor/memory.hpp"

namespace graft::inline v0 {

class Shelf {
 public:
  // Room for `bytes`, with each block's own rounded up by `room_for`.
  Shelf(std::shared_ptr<Memory> memory, size_t bytes)
      : memory_(std::move(memory)), block_(memory_->allocate(bytes / sizeof(float))), free_(bytes) {}

  static constexpr size_t room_for(size_t bytes) { return (bytes + 63) / 64 * 64; }

  // Aligned to 64 bytes; a block of its own where there is no room.
  std::shared_ptr<float> take(size_t bytes) {
    const size_t room = room_for(bytes);
    if (room > free_) return memory_->allocate(room / sizeof(float));
    float* place = block_.get() + used_ / sizeof(float);
    used_ += room;
    free_ -= room;
    return {block_, place};
  }

 private:
  std::shared_ptr<Memory> memory_;
  std::shared_ptr<float> block_;
  size_t used_ = 0, free_;
};

}  // namespace graft::inline v0
