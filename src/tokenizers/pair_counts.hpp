// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graft::inline v0 {

// How often two symbols stand side by side, and in which words.
class PairCounts {
 public:
  struct Pair {
    int32_t left, right;
    auto operator<=>(const Pair&) const = default;
  };

  void add(int32_t left, int32_t right, uint64_t count, uint32_t word) {
    Entry& entry = entries_[{left, right}];
    entry.count += count;
    if (entry.words.empty() || entry.words.back() != word) entry.words.push_back(word);
    if (std::exchange(entry.is_new, true)) return;
    new_.push_back({left, right});
  }
  // Leaves the word listed: it may have the pair elsewhere.
  void remove(int32_t left, int32_t right, uint64_t count) {
    if (const auto entry = entries_.find({left, right}); entry != entries_.end()) entry->second.count -= count;
  }

  uint64_t count(Pair pair) const {
    const auto entry = entries_.find(pair);
    return entry == entries_.end() ? 0 : entry->second.count;
  }

  // The pairs that were added to since the last call, with their counts.
  std::vector<std::pair<Pair, uint64_t>> take_new() {
    std::vector<std::pair<Pair, uint64_t>> taken;
    for (const Pair& pair : new_) {
      const auto entry = entries_.find(pair);
      if (entry == entries_.end()) continue;
      entry->second.is_new = false;
      taken.emplace_back(pair, entry->second.count);
    }
    new_.clear();
    return taken;
  }

  // The words that may have the pair, which is then forgotten.
  std::vector<uint32_t> take_words(Pair pair) { return std::move(entries_.extract(pair).mapped().words); }

 private:
  struct Entry {
    uint64_t count = 0;
    bool is_new = false;
    std::vector<uint32_t> words;
  };
  struct Hash {
    size_t operator()(Pair pair) const {
      const uint64_t key = uint64_t{static_cast<uint32_t>(pair.left)} << 32 | static_cast<uint32_t>(pair.right);
      return static_cast<size_t>((key ^ key >> 29) * 0x9E3779B97F4A7C15u >> 20);
    }
  };

  std::unordered_map<Pair, Entry, Hash> entries_;
  std::vector<Pair> new_;
};

}  // namespace graft::inline v0
