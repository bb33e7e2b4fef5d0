// SPDX-License-Identifier: Apache-2.0
#include "support/aligned_memory.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace graft::inline v0 {
namespace {

constexpr size_t kHugePage = size_t{1} << 21, kLine = 64;

}  // namespace

void* allocate_aligned(size_t bytes) {
  const bool is_large = bytes >= kHugePage;
  const size_t unit = is_large ? kHugePage : kLine;
  void* block = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
  if (!block) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (is_large) madvise(block, bytes, MADV_HUGEPAGE);  // only advice: nothing depends on its success
#endif
  return block;
}

}  // namespace graft::inline v0
