// SPDX-License-Identifier: Apache-2.0
//
// Finds a token by its bytes: open addressing with keys inside the table, so that a short piece costs one cache line.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

// At most 8 bytes as a number; different for different pieces of one length.
inline uint64_t short_key(const char* bytes, size_t length) {
  uint32_t low = 0, high = 0;
  if (length >= 4) {
    std::memcpy(&low, bytes, 4);
    std::memcpy(&high, bytes + length - 4, 4);
  } else if (length > 0) {
    low = static_cast<unsigned char>(bytes[0]) |
          static_cast<uint32_t>(static_cast<unsigned char>(bytes[length / 2])) << 8 |
          static_cast<uint32_t>(static_cast<unsigned char>(bytes[length - 1])) << 16;
  }
  return uint64_t{high} << 32 | low;
}

inline uint64_t mix(uint64_t a, uint64_t b) {
  a = (a ^ b) * 0x9E3779B97F4A7C15u;
  return a ^ a >> 29;
}

// The whole of a short piece, a hash of a long one.
inline uint64_t piece_key(std::string_view piece) {
  if (piece.size() <= 8) return short_key(piece.data(), piece.size());
  uint64_t key = 0;
  size_t at = 0;
  for (; at + 8 < piece.size(); at += 8) key = mix(key, short_key(piece.data() + at, 8));
  return mix(key, short_key(piece.data() + piece.size() - 8, 8));
}

inline uint64_t spread(uint64_t key, size_t length) {
  return (key + length * 0xD6E8FEB86659FD93u) * 0x9E3779B97F4A7C15u;
}

class PieceTable {
 public:
  struct Entry {
    uint64_t key;
    uint32_t length;  // 0: free
    int32_t id;
    const char* bytes;  // of the caller, for long pieces
  };

  // Room for `pieces` entries.
  explicit PieceTable(size_t pieces = 0) {
    size_t slots = 16;
    while (slots * 3 < pieces * 4) slots *= 2;
    entries_.resize(slots);
    shift_ = 64 - std::countr_zero(slots);
  }

  // Keeps a pointer to the bytes of a piece. The first id of a piece stays.
  void insert(std::string_view piece, int32_t id) {
    if (piece.empty() || find(piece)) return;
    size_t slot = first_slot(piece_key(piece), piece.size());
    while (entries_[slot].length) slot = (slot + 1) & (entries_.size() - 1);
    entries_[slot] = {piece_key(piece), static_cast<uint32_t>(piece.size()), id, piece.data()};
  }

  const Entry* find(std::string_view piece) const { return find(piece, piece_key(piece)); }
  const Entry* find(std::string_view piece, uint64_t key) const {
    for (size_t slot = first_slot(key, piece.size()); entries_[slot].length;
         slot = (slot + 1) & (entries_.size() - 1)) {
      const Entry& entry = entries_[slot];
      if (entry.key == key && entry.length == piece.size() &&
          (piece.size() <= 8 || std::memcmp(entry.bytes, piece.data(), piece.size()) == 0))
        return &entry;
    }
    return nullptr;
  }

 private:
  size_t first_slot(uint64_t key, size_t length) const { return static_cast<size_t>(spread(key, length) >> shift_); }

  std::vector<Entry> entries_;
  int shift_ = 60;
};

}  // namespace graft::inline v0
