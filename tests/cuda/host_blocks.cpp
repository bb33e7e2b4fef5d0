// SPDX-License-Identifier: Apache-2.0
//
// Operators new and delete of this program remember what is allocated.
#include "cuda/host_blocks.hpp"

#include <cstdlib>
#include <map>
#include <mutex>
#include <new>

namespace graft {
namespace {

// Allocates without the operators that it serves.
template <class T>
struct Plain {
  using value_type = T;
  Plain() = default;
  template <class Other>
  Plain(const Plain<Other>&) {}
  T* allocate(size_t count) { return static_cast<T*>(std::malloc(count * sizeof(T))); }
  void deallocate(T* memory, size_t) { std::free(memory); }
  friend bool operator==(Plain, Plain) { return true; }
};

struct Blocks {
  std::mutex mutex;
  std::map<char*, size_t, std::less<char*>, Plain<std::pair<char* const, size_t>>> sizes;
};
Blocks& blocks() {
  alignas(Blocks) static char memory[sizeof(Blocks)];
  static Blocks* const all = new (memory) Blocks;  // never destroyed
  return *all;
}

void* remember(void* memory, size_t bytes) {
  if (!memory) throw std::bad_alloc();
  const std::lock_guard<std::mutex> lock(blocks().mutex);
  blocks().sizes[static_cast<char*>(memory)] = bytes;
  return memory;
}

void forget(void* memory) {
  if (!memory) return;
  {
    const std::lock_guard<std::mutex> lock(blocks().mutex);
    blocks().sizes.erase(static_cast<char*>(memory));
  }
  std::free(memory);
}

}  // namespace

HostBlock host_block(const void* address) {
  char* const at = static_cast<char*>(const_cast<void*>(address));
  const std::lock_guard<std::mutex> lock(blocks().mutex);
  auto next = blocks().sizes.upper_bound(at);
  if (next == blocks().sizes.begin()) return {};
  const auto& [begin, size] = *--next;
  return at <= begin + size ? HostBlock{begin, size} : HostBlock{};
}

}  // namespace graft

void* operator new(size_t bytes) { return graft::remember(std::malloc(bytes > 0 ? bytes : 1), bytes); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  const size_t unit = static_cast<size_t>(alignment);
  return graft::remember(std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit), bytes);
}
void operator delete(void* memory) noexcept { graft::forget(memory); }
void operator delete(void* memory, size_t) noexcept { graft::forget(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { graft::forget(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { graft::forget(memory); }
