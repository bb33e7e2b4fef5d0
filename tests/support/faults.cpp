// SPDX-License-Identifier: Apache-2.0
#include "support/faults.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace graft {
namespace {

constexpr int kKinds = 5;
std::atomic<int64_t> seen[kKinds], live{0};
std::atomic<int> armed{-1};  // the kind whose calls fail
std::atomic<int64_t> failing{0};
int error_number = 0;
bool keeps_failing = false;

bool strikes(Call call) {
  if (armed.load(std::memory_order_relaxed) != int(call)) return false;
  const int64_t number = ++seen[int(call)];
  return failing && (number == failing || (keeps_failing && number > failing));
}

int fail_with_error() {
  errno = error_number;
  return -1;
}

// The function that this program's own one hides.
template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void* counted(void* block) {
  if (block) live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void release(void* block) {
  if (block) live.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

void* allocate(size_t bytes, size_t alignment) {
  void* block = nullptr;
  if (!strikes(Call::allocate) && ::posix_memalign(&block, alignment, bytes) != 0) block = nullptr;
  if (!block) throw std::bad_alloc();
  return counted(block);
}

}  // namespace

Fault::Fault(Call call, int64_t k, int error, After after) {
  seen[int(call)] = 0;
  failing = k;
  error_number = error;
  keeps_failing = after == After::fails;
  armed = int(call);
}

Fault::~Fault() { armed = -1; }

int64_t Fault::calls() const { return seen[armed]; }

int64_t live_blocks() { return live; }

}  // namespace graft

constexpr size_t kPlain = alignof(std::max_align_t);

void* operator new(size_t bytes) { return graft::allocate(bytes, kPlain); }
void* operator new[](size_t bytes) { return graft::allocate(bytes, kPlain); }
void* operator new(size_t bytes, std::align_val_t to) { return graft::allocate(bytes, size_t(to)); }
void* operator new[](size_t bytes, std::align_val_t to) { return graft::allocate(bytes, size_t(to)); }
void operator delete(void* block) noexcept { graft::release(block); }
void operator delete[](void* block) noexcept { graft::release(block); }
void operator delete(void* block, size_t) noexcept { graft::release(block); }
void operator delete[](void* block, size_t) noexcept { graft::release(block); }
void operator delete(void* block, std::align_val_t) noexcept { graft::release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { graft::release(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { graft::release(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { graft::release(block); }
// Who asks in this way goes on without memory: sorting does.
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return graft::counted(std::malloc(bytes)); }
void operator delete(void* block, const std::nothrow_t&) noexcept { graft::release(block); }

extern "C" {

void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  static const auto original = graft::real<void*(size_t, size_t)>("aligned_alloc");
  return graft::strikes(graft::Call::allocate) ? nullptr : original(alignment, bytes);
}

int open(const char* path, int flags, ...) {
  static const auto original = graft::real<int(const char*, int, ...)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  return writes && graft::strikes(graft::Call::open) ? graft::fail_with_error() : original(path, flags, mode);
}

ssize_t write(int file, const void* bytes, size_t count) {
  static const auto original = graft::real<ssize_t(int, const void*, size_t)>("write");
  return graft::strikes(graft::Call::write) ? graft::fail_with_error() : original(file, bytes, count);
}

int fsync(int file) {
  static const auto original = graft::real<int(int)>("fsync");
  return graft::strikes(graft::Call::fsync) ? graft::fail_with_error() : original(file);
}

int rename(const char* from, const char* to) noexcept {
  static const auto original = graft::real<int(const char*, const char*)>("rename");
  return graft::strikes(graft::Call::rename) ? graft::fail_with_error() : original(from, to);
}

}  // extern "C"
