// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/prefix_trie.hpp"

#include <algorithm>

namespace graft::inline v0 {
namespace {

constexpr uint32_t kBlock = 256;
constexpr uint32_t kOpenBlocks = 16;  // older blocks take no more children: they are nearly full and slow to search

}  // namespace

// Free places of the open blocks stand in a ring, so that the first that fits is found without passing the others.
class PrefixTrie::Builder {
 public:
  using Entries = std::vector<std::pair<std::string_view, int32_t>>;
  Builder(std::vector<Node>& nodes, const Entries& entries) : nodes_(nodes), entries_(entries) {
    add_block();
    nodes_[0].parent = 0;
    std::vector<Range> waiting = {{0, entries.size(), 0, 0}};
    while (!waiting.empty()) {
      const Range range = waiting.back();
      waiting.pop_back();
      place_children(range, waiting);
    }
    nodes_[0].parent = kNone;
  }

 private:
  // Entries [begin, end) share their first `depth` bytes, which lead to the node.
  struct Range {
    size_t begin, end, depth;
    uint32_t node;
  };

  void place_children(Range range, std::vector<Range>& waiting) {
    if (entries_[range.begin].first.size() == range.depth) nodes_[range.node].value = entries_[range.begin++].second;
    bytes_.clear();
    for (size_t i = range.begin; i < range.end; ++i)
      if (const auto byte = byte_at(i, range.depth); bytes_.empty() || bytes_.back() != byte) bytes_.push_back(byte);
    if (bytes_.empty()) return;
    const uint32_t base = find_base();
    nodes_[range.node].base = base;
    for (size_t begin = range.begin; begin < range.end;) {
      const unsigned char byte = byte_at(begin, range.depth);
      size_t end = begin;
      while (end < range.end && byte_at(end, range.depth) == byte) ++end;
      const uint32_t child = base ^ byte;
      take(child);
      nodes_[child].parent = range.node;
      waiting.push_back({begin, end, range.depth + 1, child});
      begin = end;
    }
  }

  unsigned char byte_at(size_t entry, size_t depth) const {
    return static_cast<unsigned char>(entries_[entry].first[depth]);
  }

  uint32_t find_base() {
    for (uint32_t place = next_[0]; place != 0; place = next_[place]) {
      const uint32_t base = place ^ bytes_[0];
      if (std::all_of(bytes_.begin(), bytes_.end(), [&](unsigned char byte) { return is_free(base ^ byte); }))
        return base;
    }
    const auto base = static_cast<uint32_t>(nodes_.size());
    add_block();
    return base;
  }

  bool is_free(uint32_t place) const { return place != 0 && next_[place] != kNone; }

  // Place 0 is the root and the ring's head.
  void add_block() {
    const auto begin = static_cast<uint32_t>(nodes_.size());
    nodes_.resize(begin + kBlock);
    next_.resize(nodes_.size());
    previous_.resize(nodes_.size());
    for (uint32_t place = std::max(begin, 1u); place < nodes_.size(); ++place) {
      const uint32_t last = previous_[0];
      next_[last] = place;
      previous_[place] = last;
      next_[place] = 0;
      previous_[0] = place;
    }
    if (begin < kOpenBlocks * kBlock) return;
    for (uint32_t place = begin - kOpenBlocks * kBlock; place < begin - (kOpenBlocks - 1) * kBlock; ++place)
      if (is_free(place)) take(place);
  }

  void take(uint32_t place) {
    next_[previous_[place]] = next_[place];
    previous_[next_[place]] = previous_[place];
    next_[place] = kNone;
  }

  std::vector<Node>& nodes_;
  const Entries& entries_;
  std::vector<uint32_t> next_, previous_;
  std::vector<unsigned char> bytes_;
};

PrefixTrie::PrefixTrie(std::vector<std::pair<std::string_view, int32_t>> entries) {
  std::erase_if(entries, [](const auto& entry) { return entry.first.empty(); });
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  entries.erase(
      std::unique(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
      entries.end());
  if (entries.empty()) {
    nodes_.resize(kBlock);
    return;
  }
  Builder(nodes_, entries);
}

PrefixTrie PrefixTrie::of(const TextTable& tokens, size_t count, std::string_view prefix) {
  std::vector<std::pair<std::string_view, int32_t>> entries;
  for (size_t id = 0; id < count; ++id)
    if (tokens[id].starts_with(prefix))
      entries.emplace_back(tokens[id].substr(prefix.size()), static_cast<int32_t>(id));
  return PrefixTrie(std::move(entries));
}

}  // namespace graft::inline v0
