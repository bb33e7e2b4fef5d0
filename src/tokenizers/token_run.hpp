// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

// What one encoding gathers and works with; it belongs to one thread.
class TokenRun {
 public:
  // `text_bytes` sizes the memory of pieces. With places, that memory is not used.
  explicit TokenRun(size_t text_bytes = 0, bool with_places = false);

  // The bytes that a token stands for.
  struct Place {
    const char* bytes;
    uint32_t length;
  };
  std::vector<int32_t> ids;
  std::vector<Place> places;  // of each id, when with_places
  const bool with_places;

  void add(int32_t id, const char* bytes, size_t length) {
    ids.push_back(id);
    if (with_places) places.push_back({bytes, static_cast<uint32_t>(length)});
  }

  // Appends the tokens of a piece: those that it had when it was met before, or what make() appends. `key` is its
  // piece_key.
  template <class Make>
  void add_once(std::string_view piece, uint64_t key, const Make& make) {
    if (recall(piece, key)) return;
    const size_t first = ids.size();
    make();
    remember(piece, key, first);
  }

  // Byte-pair encoding: the symbols of the part at hand, and the merges that wait.
  struct Symbol {
    int32_t id;
    uint32_t length;
    uint32_t rank;   // of the merge with the next symbol
    int32_t result;  // of that merge
    int32_t previous, next;
  };
  std::vector<Symbol> symbols;
  std::vector<uint64_t> queue;
  size_t piece_begin = 0;  // the first id of the piece at hand

  // Unigram: the best way to each place of the piece at hand.
  struct Arrival {
    double score;
    int32_t id;
    uint32_t from;
  };
  std::vector<Arrival> arrivals;
  std::vector<uint32_t> ends;

 private:
  // Longer pieces seldom come twice.
  static constexpr size_t kLongest = 31;
  struct Memory {
    std::array<char, kLongest> piece;
    uint8_t length;  // 0: nothing is remembered
    uint32_t count;
    size_t first;
  };
  Memory& place_of(uint64_t key, size_t length);
  // False where the piece is not remembered.
  bool recall(std::string_view piece, uint64_t key);
  // The tokens from ids[first] on are those of the piece.
  void remember(std::string_view piece, uint64_t key, size_t first);

  std::vector<Memory> memory_;
};

}  // namespace graft::inline v0
