// SPDX-License-Identifier: Apache-2.0
//
// A GPU that is not there: the host compiler builds the CUDA kernels against the headers of this folder, and each block
// runs its threads as fibers, in a random order, that change places only where threads of a warp or a block meet.
//
// Device memory is a reservation that nobody may touch; what an address of it names lies a fixed distance further on,
// where only `resolve`, copies and cuBLAS reach it. So a host that follows a device pointer faults, and so does a
// kernel that goes around load and store. New memory is full of NaN; an allocation ends at its last byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <unordered_set>

namespace graft::emulation {

struct Dimensions {
  unsigned x = 1, y = 1, z = 1;
  constexpr Dimensions(unsigned width = 1, unsigned height = 1, unsigned depth = 1) : x(width), y(height), z(depth) {}
};

// What is wrong with a kernel. Ends the launch.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Of all launches since the last call of `reset`. A warp's access of global memory needs `fewest_sectors` of 32 bytes
// by the bytes that it asks for, and touches `sectors`; `uncoalesced` are the accesses that touch more than one more.
// `sectors_read` and `sectors_written` are all sectors that the launches touched: where a cache holds them, each goes
// to or from memory once.
struct Counters {
  uint64_t launches, blocks, bytes_read, bytes_written, accesses, sectors, fewest_sectors, uncoalesced;
  uint64_t shared_accesses, bank_conflicts, meetings;
  std::unordered_set<uintptr_t> sectors_read, sectors_written;
};

class Gpu {
 public:
  // Makes every later launch take its orders from this seed.
  static void seed(uint64_t);
  static void count(bool on);  // slow
  static Counters& counters();
  static void limit_memory(size_t bytes);
  static size_t free_memory();

  static void* allocate(size_t bytes, bool managed);  // null where there is no memory left
  static void release(void*);
  static void wait();  // managed memory is the host's until it is used again
  // The host's address of `bytes` bytes of one allocation; of host memory the address itself.
  static char* host_address(const void* address, size_t bytes);
  static void copy(void* to, const void* from, size_t bytes);
  static void fill(void* memory, int byte, size_t bytes);

  // Each thread calls thread(argument).
  static void launch(Dimensions grid, Dimensions block, void (*thread)(void*), void* argument);
};

// ---- for kernels ----

extern Dimensions thread_index, block_index, block_size, grid_size;

constexpr size_t kPage = 4096, kDeviceBytes = size_t{256} << 30;
// Of a page of device memory: how many of its bytes are allocated, whether the host may use it by turns, and whether a
// kernel has used it since the host waited.
constexpr uint16_t kValid = 0x1fff, kManaged = 0x2000, kUsed = 0x4000;

// What decides most accesses at once.
struct Places {
  uintptr_t shared = 0, device = 0;  // where the block's memory and the device's addresses begin
  size_t shared_used = 0;
  char* contents = nullptr;  // of the device's addresses
  uint16_t* pages = nullptr;
};
extern Places places;

// Where the host finds what a kernel reads or writes in device or shared memory.
char* resolve(const void* address, size_t bytes, size_t alignment, bool writes);
template <class T>
inline __attribute__((always_inline)) T& resolve(const T* address, bool writes) {
  const uintptr_t at = reinterpret_cast<uintptr_t>(address), in_device = at - places.device;
  if (at % alignof(T) == 0) {
    if (at - places.shared + sizeof(T) <= places.shared_used) return *const_cast<T*>(address);
    if (in_device < kDeviceBytes) {
      const uint16_t page = places.pages[in_device / kPage];
      if (at % kPage + sizeof(T) <= (page & kValid) && (page & (kManaged | kUsed)) != kManaged)
        return *reinterpret_cast<T*>(places.contents + in_device);
    }
  }
  return *reinterpret_cast<T*>(resolve(address, sizeof(T), alignof(T), writes));
}
// The block's memory for one type, full of NaN at first.
void* shared_memory(const void* type, size_t bytes);
void meet_block();
// All lanes of a warp give a value and get that of another lane.
uint64_t exchange(uint64_t value, int source_lane);
// Memory of the warp where lanes leave what the others read after the next meeting; it is another one after it.
char* warp_board();
// What shuffles of ever nearer lanes make of the values of `lanes` neighbours, by one meeting.
template <class T, class Join>
inline __attribute__((always_inline)) T reduce(T value, const Join& join, int lanes) {
  const int lane = static_cast<int>(thread_index.x % 32);
  T* const board = reinterpret_cast<T*>(warp_board());
  board[lane] = value;
  exchange(0, 0);
  T joined[32];
  const T* const own = board + lane / lanes * lanes;
  for (int i = 0; i < lanes; ++i) joined[i] = own[i];
  for (int mask = lanes / 2; mask > 0; mask /= 2)
    for (int i = 0; i < mask; ++i) joined[i] = join(joined[i], joined[i + mask]);
  return joined[0];
}
[[noreturn]] void fail(const char* what);

}  // namespace graft::emulation
