// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace graft::inline v0 {

// Two tokens that become one.
struct Merge {
  int32_t left, right, result;
};

// (left, right) → the place of the merge in order and its result, by open addressing.
class MergeTable {
 public:
  static constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();
  struct Entry {
    uint64_t pair = kFree;
    uint32_t rank = kNoRank;
    int32_t result = -1;
  };

  MergeTable() : MergeTable(std::vector<Merge>()) {}
  // Of a pair that is there twice the later place counts.
  explicit MergeTable(const std::vector<Merge>& merges) {
    size_t slots = 16;
    while (slots * 3 < merges.size() * 4) slots *= 2;
    entries_.resize(slots);
    shift_ = 64 - std::countr_zero(slots);
    for (size_t i = 0; i < merges.size(); ++i) {
      const uint64_t pair = key(merges[i].left, merges[i].right);
      size_t slot = first_slot(pair);
      while (entries_[slot].pair != kFree && entries_[slot].pair != pair) slot = (slot + 1) & (slots - 1);
      entries_[slot] = {pair, static_cast<uint32_t>(i), merges[i].result};
    }
  }

  // An entry of rank kNoRank where the two are never merged.
  const Entry& find(int32_t left, int32_t right) const {
    const uint64_t pair = key(left, right);
    size_t slot = first_slot(pair);
    while (entries_[slot].pair != pair && entries_[slot].pair != kFree) slot = (slot + 1) & (entries_.size() - 1);
    return entries_[slot];
  }

 private:
  static constexpr uint64_t kFree = std::numeric_limits<uint64_t>::max();
  static uint64_t key(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  size_t first_slot(uint64_t pair) const {
    return static_cast<size_t>((pair ^ pair >> 29) * 0x9E3779B97F4A7C15u >> shift_);
  }

  std::vector<Entry> entries_;
  int shift_ = 60;
};

}  // namespace graft::inline v0
