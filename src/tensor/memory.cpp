// SPDX-License-Identifier: Apache-2.0
#include "tensor/memory.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "support/aligned_memory.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// Eight classes a power of two: at most an eighth of a block is wasted.
size_t size_class(size_t bytes) {
  const size_t least = std::max<size_t>(bytes, 64);
  const size_t step = std::max<size_t>(std::bit_floor(least) / 8, 64);
  return (least + step - 1) / step * step;
}

}  // namespace

std::shared_ptr<Memory> Memory::create(const Backend& backend, size_t budget) {
  return std::shared_ptr<Memory>(new Memory(backend.queue(), budget));
}

std::shared_ptr<Memory> Memory::create_on_host(size_t budget) {
  return std::shared_ptr<Memory>(new Memory(nullptr, budget));
}

Memory::~Memory() { trim_locked(); }

std::shared_ptr<float> Memory::allocate(size_t floats) {
  const Block block = take(size_class(floats * sizeof(float)));
  return {static_cast<float*>(block.data), [self = shared_from_this(), block](float*) { self->give_back(block); }};
}

void Memory::clear(float* data, size_t floats) const {
  if (queue_) return queue_->clear(data, floats * sizeof(float));
  std::memset(data, 0, floats * sizeof(float));
}

void Memory::copy(const float* from, float* to, size_t floats) const {
  if (queue_) return queue_->copy(from, to, floats * sizeof(float));
  std::memcpy(to, from, floats * sizeof(float));
}

void* Memory::allocate_new(size_t bytes) const { return queue_ ? queue_->allocate(bytes) : allocate_aligned(bytes); }

void Memory::free_block(void* data) const { queue_ ? queue_->release(data) : std::free(data); }

// The smallest cached block that is large enough, unless most of it would lie idle.
Memory::Block Memory::take_cached(size_t bytes) {
  const auto found = free_.lower_bound(bytes);
  if (found == free_.end() || found->first > 2 * bytes) return {nullptr, bytes};
  const Block block{found->second.back(), found->first};
  found->second.pop_back();
  if (found->second.empty()) free_.erase(found);
  cached_ -= block.bytes;
  return block;
}

Memory::Block Memory::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  Block block = take_cached(bytes);
  if (!block.data) {
    evict_below(bytes);
    if (budget_ && used_ + cached_ + bytes > budget_) trim_locked();
    check<ResourceError>(!budget_ || used_ + bytes <= budget_, "memory budget: ", used_ + bytes,
                         " bytes needed, but the budget is ", budget_);
    block.data = allocate_new(bytes);
  }
  used_ += block.bytes;
  peak_ = std::max(peak_, used_ + cached_);
  return block;
}

// Called where nothing may throw: a block that cannot be noted goes back to the system.
void Memory::give_back(Block block) {
  const std::lock_guard lock(mutex_);
  used_ -= block.bytes;
  try {
    free_[block.bytes].push_back(block.data);
    cached_ += block.bytes;
  } catch (const std::bad_alloc&) {
    free_block(block.data);
    if (const auto noted = free_.find(block.bytes); noted != free_.end() && noted->second.empty()) free_.erase(noted);
  }
}

// Frees cached blocks that are smaller, the largest first, up to as many bytes.
void Memory::evict_below(size_t bytes) {
  for (size_t freed = 0; freed < bytes;) {
    auto smaller = free_.lower_bound(bytes);
    if (smaller == free_.begin()) return;
    --smaller;
    free_block(smaller->second.back());
    freed += smaller->first;
    cached_ -= smaller->first;
    smaller->second.pop_back();
    if (smaller->second.empty()) free_.erase(smaller);
  }
}

void Memory::trim() {
  const std::lock_guard lock(mutex_);
  trim_locked();
}

void Memory::trim_locked() {
  for (auto& [bytes, blocks] : free_)
    for (void* block : blocks) free_block(block);
  free_.clear();
  cached_ = 0;
}

size_t Memory::peak_bytes() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

size_t Memory::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

size_t Memory::cached_bytes() const {
  const std::lock_guard lock(mutex_);
  return cached_;
}

void Memory::reset_peak() {
  const std::lock_guard lock(mutex_);
  peak_ = used_ + cached_;
}

}  // namespace graft::inline v0
