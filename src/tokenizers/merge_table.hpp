// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

namespace graft::inline v0 {

// Two tokens that become one. Of several possible merges that of the lowest rank comes first.
struct Merge {
  int32_t left, right, result;
  uint32_t rank;
};

// (left, right) → the rank of the merge and its result, by open addressing.
class MergeTable {
 public:
  static constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();
  struct Entry {
    uint64_t pair = kFree;
    uint32_t rank = kNoRank;
    int32_t result = -1;
  };

  MergeTable() : MergeTable(std::vector<Merge>()) {}
  // Of a pair that is there twice the later entry counts.
  explicit MergeTable(const std::vector<Merge>& merges) {
    size_t slots = 16;
    while (slots * 3 < merges.size() * 4) slots *= 2;
    entries_.resize(slots);
    shift_ = 64 - std::countr_zero(slots);
    for (const Merge& merge : merges) {
      const uint64_t pair = key(merge.left, merge.right);
      size_t slot = first_slot(pair);
      while (entries_[slot].pair != kFree && entries_[slot].pair != pair) slot = (slot + 1) & (slots - 1);
      entries_[slot] = {pair, merge.rank, merge.result};
    }
  }

  // An entry of rank kNoRank where the two are never merged.
  const Entry& find(int32_t left, int32_t right) const {
    const uint64_t pair = key(left, right);
    size_t slot = first_slot(pair);
    while (entries_[slot].pair != pair && entries_[slot].pair != kFree) slot = (slot + 1) & (entries_.size() - 1);
    return entries_[slot];
  }

  // The pairs by rank; those of one rank by the tokens.
  std::vector<std::pair<int32_t, int32_t>> in_order() const {
    std::vector<Entry> used;
    std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(used),
                 [](const Entry& e) { return e.result >= 0; });
    std::sort(used.begin(), used.end(),
              [](const Entry& a, const Entry& b) { return std::pair(a.rank, a.pair) < std::pair(b.rank, b.pair); });
    std::vector<std::pair<int32_t, int32_t>> pairs;
    for (const Entry& e : used) pairs.emplace_back(static_cast<int32_t>(e.pair >> 32), static_cast<int32_t>(e.pair));
    return pairs;
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
