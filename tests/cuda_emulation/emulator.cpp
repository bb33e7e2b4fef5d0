// SPDX-License-Identifier: Apache-2.0
#include "emulator.hpp"

#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access_counts.hpp"
#include "emulated_memory.hpp"

namespace graft::emulation {

Dimensions thread_index, block_index, block_size, grid_size;
Places places;

namespace {

constexpr int kWarp = 32, kMostThreads = 1024;
constexpr size_t kStack = 1 << 16, kBoard = 4096, kSharedBytes = 48 << 10;

// Where a fiber or the launcher goes on. The compiler's own jump: it saves no more than it must.
using Place = void* [5];

struct Fiber {
  Place place;
  Dimensions index;
  std::unique_ptr<char[]> stack;
};

struct Warp {
  int arrived = 0;
  unsigned turn = 0;
  const void* site = nullptr;
  uint64_t values[2][kWarp];
  alignas(64) char boards[2][kBoard];
};

// One multiprocessor that runs one block at a time.
struct Processor {
  std::mutex mutex;
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  std::vector<int> ready;
  std::map<const void*, size_t> shared_offsets;
  alignas(256) char shared[kSharedBytes];
  void (*thread)(void*) = nullptr;
  void* argument = nullptr;
  Place launcher;
  int current = 0, threads = 0, finished = 0, at_barrier = 0;
  const void* barrier_site = nullptr;
  std::string fault;
  uint64_t random = 1;
  bool is_counting = false;
  Counters counters = {};
  AccessCounts counts;

  uint64_t draw() {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    return random;
  }
} gpu;

// To any fiber that can go on; to the launcher when all have finished.
[[noreturn]] void go_on() {
  if (gpu.ready.empty()) {
    if (gpu.finished != gpu.threads) fail("threads wait for others that never come");
    __builtin_longjmp(gpu.launcher, 1);
  }
  std::swap(gpu.ready[gpu.draw() % gpu.ready.size()], gpu.ready.back());
  gpu.current = gpu.ready.back();
  gpu.ready.pop_back();
  Fiber& fiber = gpu.fibers[static_cast<size_t>(gpu.current)];
  thread_index = fiber.index;
  __builtin_longjmp(fiber.place, 1);
}

__attribute__((noinline)) void wait() {
  if (__builtin_setjmp(gpu.fibers[static_cast<size_t>(gpu.current)].place) == 0) go_on();
}

// A fiber lives from its first block on; between blocks it waits here.
void run_fiber() {
  for (;;) {
    wait();
    gpu.thread(gpu.argument);
    if (gpu.at_barrier > 0) fail("a thread returns while others wait at a barrier");
    ++gpu.finished;
  }
}

// Starts the last fiber, which comes back from its first wait.
void start_fiber() {
  gpu.current = static_cast<int>(gpu.fibers.size()) - 1;
  gpu.fibers.back().stack = std::make_unique<char[]>(kStack);
  ucontext_t here, there;
  getcontext(&there);
  // Stacks that end at the same place of a page would meet in the same lines of the processor's cache.
  there.uc_stack = {gpu.fibers.back().stack.get(), 0, kStack - static_cast<size_t>(gpu.current) % 32 * 1088};
  there.uc_link = nullptr;
  makecontext(&there, run_fiber, 0);
  gpu.finished = gpu.threads = 0;
  if (__builtin_setjmp(gpu.launcher) == 0) swapcontext(&here, &there);
}

void add_fibers(int count) {
  gpu.fibers.reserve(kMostThreads);
  gpu.ready.clear();
  while (static_cast<int>(gpu.fibers.size()) < count) {
    gpu.fibers.emplace_back();
    start_fiber();
  }
}

void run_block(const Dimensions& at, int threads) {
  block_index = at;
  gpu.threads = threads;
  gpu.finished = gpu.at_barrier = 0;
  gpu.warps.resize(static_cast<size_t>(threads / kWarp));
  for (Warp& warp : gpu.warps) warp.arrived = 0;
  gpu.shared_offsets.clear();
  places.shared_used = 0;
  std::memset(gpu.shared, 0xff, sizeof(gpu.shared));
  gpu.ready.clear();
  for (int i = 0; i < threads; ++i) {
    gpu.fibers[static_cast<size_t>(i)].index = Dimensions(static_cast<unsigned>(i), 0, 0);
    gpu.ready.push_back(i);
  }
  if (__builtin_setjmp(gpu.launcher) == 0) go_on();
  if (gpu.is_counting) gpu.counts.finish(gpu.counters);
}

void count_access(const void* site, const char* at, size_t bytes, bool shared, bool writes) {
  gpu.counts.add(site, gpu.current, {reinterpret_cast<uintptr_t>(at), static_cast<uint32_t>(bytes)}, shared, writes);
}

int lane() { return gpu.current % kWarp; }
Warp& warp() { return gpu.warps[static_cast<size_t>(gpu.current / kWarp)]; }

}  // namespace

void fail(const char* what) {
  gpu.fault =
      std::string("block ") + std::to_string(block_index.x) + ", thread " + std::to_string(gpu.current) + ": " + what;
  __builtin_longjmp(gpu.launcher, 1);
}

void Gpu::seed(uint64_t value) { gpu.random = value * 2 + 1; }
Counters& Gpu::counters() { return gpu.counters; }
void Gpu::count(bool on) { gpu.is_counting = on; }
void* Gpu::allocate(size_t bytes, bool managed) { return DeviceMemory::self().allocate(bytes, managed); }
void Gpu::wait() {
  const std::lock_guard<std::mutex> lock(gpu.mutex);
  DeviceMemory::self().give_to_host();
}
void Gpu::copy(void* to, const void* from, size_t bytes) {
  const std::lock_guard<std::mutex> lock(gpu.mutex);
  std::memmove(host_address(to, bytes), host_address(from, bytes), bytes);
  DeviceMemory::self().take_from_host();
}
void Gpu::fill(void* memory, int byte, size_t bytes) {
  const std::lock_guard<std::mutex> lock(gpu.mutex);
  std::memset(host_address(memory, bytes), byte, bytes);
  DeviceMemory::self().take_from_host();
}
void Gpu::release(void* memory) { DeviceMemory::self().release(memory); }
void Gpu::limit_memory(size_t bytes) { DeviceMemory::self().limit = bytes; }
size_t Gpu::free_memory() { return DeviceMemory::self().limit - DeviceMemory::self().used(); }
char* Gpu::host_address(const void* address, size_t bytes) {
  char* const at = static_cast<char*>(const_cast<void*>(address));
  if (!DeviceMemory::holds(at)) return at;
  char* const found = DeviceMemory::self().resolve_range(at, bytes);
  if (!found) throw Fault("a call reaches outside of an allocation of device memory");
  return found;
}

void Gpu::launch(Dimensions grid, Dimensions block, void (*thread)(void*), void* argument) {
  const std::lock_guard<std::mutex> lock(gpu.mutex);
  const int threads = static_cast<int>(block.x);
  if (block.y != 1 || block.z != 1 || threads % kWarp != 0 || threads == 0 || threads > kMostThreads)
    throw Fault("a block has " + std::to_string(threads) + " threads, expected whole warps in one dimension");
  if (grid.y > 65535 || grid.z > 65535 || grid.x == 0) throw Fault("the grid is too large, or empty");
  add_fibers(threads);
  block_size = block, grid_size = grid;
  gpu.thread = thread, gpu.argument = argument;
  places.shared = gpu.is_counting ? 0 : reinterpret_cast<uintptr_t>(gpu.shared);
  DeviceMemory::show(!gpu.is_counting);
  gpu.fault.clear();
  ++gpu.counters.launches;
  const uint64_t blocks = uint64_t{grid.x} * grid.y * grid.z, shift = gpu.draw() % blocks;
  for (uint64_t i = 0; i < blocks && gpu.fault.empty(); ++i) {
    const uint64_t b = (i + shift) % blocks;
    ++gpu.counters.blocks;
    run_block({static_cast<unsigned>(b % grid.x), static_cast<unsigned>(b / grid.x % grid.y),
               static_cast<unsigned>(b / grid.x / grid.y)},
              threads);
  }
  DeviceMemory::self().take_from_host();
  if (gpu.fault.empty()) return;
  gpu.fibers.clear();  // those of the failed block stand anywhere
  throw Fault(gpu.fault);
}

char* resolve(const void* address, size_t bytes, size_t alignment, bool writes) {
  char* const at = static_cast<char*>(const_cast<void*>(address));
  if (reinterpret_cast<uintptr_t>(at) % alignment != 0) fail("an access that is not aligned");
  if (DeviceMemory::holds(at)) {
    char* const found = DeviceMemory::resolve(at, bytes);
    if (!found) fail("an access outside of an allocation of device memory");
    if (gpu.is_counting) count_access(__builtin_return_address(0), at, bytes, false, writes);
    return found;
  }
  if (at < gpu.shared || at + bytes > gpu.shared + places.shared_used) fail("an access to memory of the host");
  if (gpu.is_counting) count_access(__builtin_return_address(0), at, bytes, true, writes);
  return at;
}

void* shared_memory(const void* type, size_t bytes) {
  const auto [place, is_new] = gpu.shared_offsets.try_emplace(type, places.shared_used);
  if (is_new) places.shared_used += (bytes + 15) / 16 * 16;
  if (places.shared_used > kSharedBytes) fail("more than 48 KiB of shared memory");
  return gpu.shared + place->second;
}

__attribute__((noinline)) void meet_block() {
  const void* site = __builtin_return_address(0);
  if (gpu.finished > 0) fail("a thread has returned before a barrier");
  if (gpu.at_barrier == 0) gpu.barrier_site = site;
  if (gpu.barrier_site != site) fail("threads wait at two different barriers");
  if (++gpu.at_barrier < gpu.threads) return wait();
  gpu.at_barrier = 0;
  for (int i = 0; i < gpu.threads; ++i)
    if (i != gpu.current) gpu.ready.push_back(i);
}

__attribute__((noinline)) uint64_t exchange(uint64_t value, int source_lane) {
  const void* site = __builtin_return_address(0);
  Warp& w = warp();
  if (w.arrived == 0) w.site = site;
  if (w.site != site) fail("lanes of a warp meet at different places: a divergent branch");
  uint64_t* const values = w.values[w.turn % 2];
  values[lane()] = value;
  ++gpu.counters.meetings;
  if (++w.arrived < kWarp) {
    wait();
  } else {
    w.arrived = 0;
    ++w.turn;
    const int first = gpu.current / kWarp * kWarp;
    for (int i = first; i < first + kWarp; ++i)
      if (i != gpu.current) gpu.ready.push_back(i);
  }
  return values[source_lane % kWarp];
}

char* warp_board() { return warp().boards[warp().turn % 2]; }

}  // namespace graft::emulation
