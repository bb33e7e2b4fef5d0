// SPDX-License-Identifier: Apache-2.0
//
// The emulated device's memory: addresses that cannot be touched, their contents elsewhere, and how many bytes of each
// page belong to an allocation. An allocation begins on a page of its own.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "emulator.hpp"

namespace graft::emulation {

class DeviceMemory {
 public:
  static bool holds(const char* address) {
    const DeviceMemory& m = self();
    return address >= m.addresses_ && address < m.addresses_ + kBytes;
  }
  // Null where the bytes are not all of one allocation.
  static char* resolve(const char* address, size_t bytes) {
    DeviceMemory& m = self();
    const size_t at = static_cast<size_t>(address - m.addresses_);
    if (at % kPage + bytes > kPage) return m.resolve_range(address, bytes);
    return at % kPage + bytes <= m.valid_[at / kPage] ? m.contents_ + at : nullptr;
  }
  static DeviceMemory& self() {
    static DeviceMemory memory;
    return memory;
  }

  char* resolve_range(const char* address, size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto next = sizes_.upper_bound(static_cast<size_t>(address - addresses_));
    if (next == sizes_.begin()) return nullptr;
    const auto& [begin, size] = *--next;
    const size_t offset = static_cast<size_t>(address - addresses_) - begin;
    return offset <= size && bytes <= size - offset ? contents_ + begin + offset : nullptr;
  }

  void* allocate(size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (bytes == 0 || used_ + bytes > limit) return nullptr;
    const size_t size = pages(bytes) * kPage;
    std::vector<size_t>& free = free_[size];
    if (free.empty() && end_ + size + kPage > kBytes) return nullptr;
    const size_t begin = free.empty() ? end_ : free.back();
    if (free.empty())
      end_ += size + kPage;
    else
      free.pop_back();
    std::memset(contents_ + begin, 0xff, bytes);
    for (size_t page = 0; page < size / kPage; ++page)
      valid_[begin / kPage + page] = static_cast<uint16_t>(bytes - page * kPage < kPage ? bytes - page * kPage : kPage);
    sizes_[begin] = bytes;
    used_ += bytes;
    return addresses_ + begin;
  }
  void release(void* memory) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = sizes_.find(static_cast<size_t>(static_cast<char*>(memory) - addresses_));
    if (at == sizes_.end()) throw Fault("device memory is released that was not allocated");
    const size_t begin = at->first, size = pages(at->second) * kPage;
    for (size_t page = 0; page < size / kPage; ++page) valid_[begin / kPage + page] = 0;
    used_ -= at->second;
    free_[size].push_back(begin);
    sizes_.erase(at);
  }
  size_t used() const { return used_; }

  size_t limit = size_t{8} << 30;

 private:
  static constexpr size_t kPage = 4096, kBytes = size_t{256} << 30;
  static size_t pages(size_t bytes) { return (bytes + kPage - 1) / kPage; }
  static char* reserve(size_t bytes, int protection) {
    void* memory = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw Fault("no address space for the emulated device");
    return static_cast<char*>(memory);
  }

  char* addresses_ = reserve(kBytes, PROT_NONE);
  char* contents_ = reserve(kBytes, PROT_READ | PROT_WRITE);
  uint16_t* valid_ = reinterpret_cast<uint16_t*>(reserve(kBytes / kPage * sizeof(uint16_t), PROT_READ | PROT_WRITE));
  std::mutex mutex_;
  std::map<size_t, size_t> sizes_;              // of allocations, by where they begin
  std::map<size_t, std::vector<size_t>> free_;  // places by their size
  size_t end_ = 0, used_ = 0;
};

}  // namespace graft::emulation
