// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/token_run.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "tokenizers/piece_table.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kMemories = 1 << 14;
constexpr size_t kTextBytesAMemory = 64;

}  // namespace

TokenRun::TokenRun(size_t text_bytes, bool places) : with_places(places) {
  ids.reserve(text_bytes / 4 + 8);
  if (places || text_bytes < 16 * kTextBytesAMemory) return;
  size_t memories = 16;
  while (memories < kMemories && memories * kTextBytesAMemory < text_bytes) memories *= 2;
  memory_.resize(memories);
}

TokenRun::Memory& TokenRun::place_of(uint64_t key, size_t length) {
  return memory_[spread(key, length) >> 32 & (memory_.size() - 1)];
}

bool TokenRun::recall(std::string_view piece, uint64_t key) {
  if (memory_.empty() || piece.size() > kLongest) return false;
  const Memory& memory = place_of(key, piece.size());
  if (memory.length != piece.size() || std::memcmp(memory.piece.data(), piece.data(), piece.size()) != 0) return false;
  const size_t end = ids.size();
  ids.resize(end + memory.count);
  std::copy_n(ids.begin() + static_cast<std::ptrdiff_t>(memory.first), memory.count,
              ids.begin() + static_cast<std::ptrdiff_t>(end));
  return true;
}

void TokenRun::remember(std::string_view piece, uint64_t key, size_t first) {
  if (memory_.empty() || piece.size() > kLongest) return;
  Memory& memory = place_of(key, piece.size());
  memory.length = static_cast<uint8_t>(piece.size());
  memory.count = static_cast<uint32_t>(ids.size() - first);
  memory.first = first;
  std::memcpy(memory.piece.data(), piece.data(), piece.size());
}

}  // namespace graft::inline v0
