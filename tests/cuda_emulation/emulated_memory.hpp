// SPDX-License-Identifier: Apache-2.0
//
// The emulated device's memory: addresses that cannot be touched, their contents elsewhere, and how many bytes of each
// page belong to an allocation. An allocation begins on a page of its own. The host may touch the addresses of managed
// memory, but not from a kernel's use of the page until it waits for the device.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
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
    uint16_t& page = m.pages_[at / kPage];
    if ((page & (kManaged | kUsed)) == kManaged) {
      const std::lock_guard<std::mutex> lock(m.mutex_);
      m.use(at / kPage);
    }
    return at % kPage + bytes <= (page & kValid) ? m.contents_ + at : nullptr;
  }
  // Where the inline accesses look; nowhere while they are counted.
  static void show(bool on) {
    const DeviceMemory& m = self();
    places.device = on ? reinterpret_cast<uintptr_t>(m.addresses_) : 0;
    places.contents = m.contents_;
    places.pages = m.pages_;
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
    const size_t at = static_cast<size_t>(address - addresses_), offset = at - begin;
    if (offset <= size && bytes <= size - offset && (pages_[at / kPage] & kManaged))
      for (size_t page = at / kPage; page * kPage < at + bytes; ++page)
        if (!(pages_[page] & kUsed)) use(page);
    return offset <= size && bytes <= size - offset ? contents_ + begin + offset : nullptr;
  }

  void* allocate(size_t bytes, bool managed) {
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
      pages_[begin / kPage + page] =
          static_cast<uint16_t>(std::min(bytes - page * kPage, kPage) | (managed ? kManaged : 0));
    if (managed) protect(begin / kPage, size / kPage, PROT_READ | PROT_WRITE);
    sizes_[begin] = bytes;
    used_ += bytes;
    return addresses_ + begin;
  }
  void release(void* memory) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = sizes_.find(static_cast<size_t>(static_cast<char*>(memory) - addresses_));
    if (at == sizes_.end()) throw Fault("device memory is released that was not allocated");
    const size_t begin = at->first, size = pages(at->second) * kPage;
    if (pages_[begin / kPage] & kManaged) protect(begin / kPage, size / kPage, PROT_NONE);
    for (size_t page = 0; page < size / kPage; ++page) pages_[begin / kPage + page] = 0;
    used_ -= at->second;
    free_[size].push_back(begin);
    sizes_.erase(at);
  }
  size_t used() const { return used_; }
  // After a kernel or a copy: what it used is not the host's any more.
  void take_from_host() {
    const std::lock_guard<std::mutex> lock(mutex_);
    each_run(taken_, used_pages_.size(), PROT_NONE);
    taken_ = used_pages_.size();
  }
  void give_to_host() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const size_t page : used_pages_) pages_[page] &= static_cast<uint16_t>(~kUsed);
    each_run(0, used_pages_.size(), PROT_READ | PROT_WRITE);
    used_pages_.clear();
    taken_ = 0;
  }

  size_t limit = size_t{8} << 30;

 private:
  static constexpr size_t kBytes = kDeviceBytes;
  static size_t pages(size_t bytes) { return (bytes + kPage - 1) / kPage; }
  static char* reserve(size_t bytes, int protection, int file) {
    const int sharing = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void* memory = mmap(nullptr, bytes, protection, sharing | MAP_NORESERVE, file, 0);
    if (memory == MAP_FAILED) throw Fault("no address space for the emulated device");
    return static_cast<char*>(memory);
  }
  static int file_of(size_t bytes) {
    const int file = memfd_create("device memory", 0);
    if (file < 0 || ftruncate(file, static_cast<off_t>(bytes)) != 0) throw Fault("no file for the emulated device");
    return file;
  }
  void use(size_t page) {
    pages_[page] |= kUsed;
    used_pages_.push_back(page);
  }
  bool is_managed(size_t index) const { return pages_[used_pages_[index]] & kManaged; }
  void protect(size_t first, size_t count, int protection) {
    if (mprotect(addresses_ + first * kPage, count * kPage, protection) != 0) throw Fault("mprotect failed");
  }
  void each_run(size_t from, size_t to, int protection) {
    std::sort(used_pages_.begin() + static_cast<ptrdiff_t>(from), used_pages_.begin() + static_cast<ptrdiff_t>(to));
    for (size_t i = from, end; i < to; i = end) {
      for (end = i + 1; end < to && used_pages_[end] == used_pages_[end - 1] + 1 && is_managed(end);) ++end;
      if (is_managed(i)) protect(used_pages_[i], end - i, protection);
    }
  }

  int file_ = file_of(kBytes);
  char* addresses_ = reserve(kBytes, PROT_NONE, file_);
  char* contents_ = reserve(kBytes, PROT_READ | PROT_WRITE, file_);
  uint16_t* pages_ =
      reinterpret_cast<uint16_t*>(reserve(kBytes / kPage * sizeof(uint16_t), PROT_READ | PROT_WRITE, -1));
  std::mutex mutex_;
  std::map<size_t, size_t> sizes_;              // of allocations, by where they begin
  std::map<size_t, std::vector<size_t>> free_;  // places by their size
  size_t end_ = 0, used_ = 0;
  std::vector<size_t> used_pages_;  // managed ones, since the host waited
  size_t taken_ = 0;                // the first so many are not the host's
};

}  // namespace graft::emulation
