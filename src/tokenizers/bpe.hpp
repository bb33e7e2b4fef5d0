// SPDX-License-Identifier: Apache-2.0
//
// Byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019): the bytes of a piece are joined pair by
// pair, always the leftmost pair of the earliest merge first.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizers/merge_table.hpp"
#include "tokenizers/piece_table.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

struct BpeOptions {
  bool ignore_merges = false;                     // a piece that is a token is that token, whatever the merges say
  std::optional<int32_t> unknown = std::nullopt;  // for bytes without a token; without it they are left out
  bool fuse_unknown = false;                      // consecutive unknown bytes are one token
};

// What one encoding gathers and works with; it belongs to one thread.
struct BpeRun {
  // `text_bytes` sizes the memory of pieces. With places, that memory is not used.
  explicit BpeRun(size_t text_bytes = 0, bool with_places = false);

  // The bytes that a token stands for.
  struct Place {
    const char* bytes;
    uint32_t length;
  };
  std::vector<int32_t> ids;
  std::vector<Place> places;  // of each id, when with_places
  bool with_places;

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

  // A piece met before, and where in `ids` its tokens are.
  struct Memory {
    const char* piece;
    uint32_t length, count;
    size_t first;
  };
  std::vector<Memory> memory;
};

class Bpe {
 public:
  Bpe() = default;
  // `tokens` are the bytes of each token (none for tokens that are not made of bytes) and must outlive the model;
  // `merges` are in order.
  Bpe(const TextTable& tokens, const std::vector<Merge>& merges, const BpeOptions&);

  // Appends the tokens of a piece to the run. `lasting`: its bytes stay where they are as long as the run.
  void encode(std::string_view piece, bool lasting, BpeRun& run) const;

 private:
  void encode_parts(std::string_view piece, BpeRun& run) const;
  void encode_part(std::string_view part, BpeRun& run) const;
  void encode_byte(std::string_view byte, BpeRun& run) const;
  void merge(std::string_view part, BpeRun& run) const;
  void merge_short(BpeRun& run) const;
  void merge_long(BpeRun& run) const;
  void join(BpeRun& run, size_t left) const;
  void rank_pair(BpeRun& run, size_t left) const;
  bool joinable(char left, char right) const {
    return neighbours_[static_cast<unsigned char>(left) << 8 | static_cast<unsigned char>(right)];
  }

  MergeTable merges_;
  PieceTable pieces_;
  std::vector<uint8_t> reachable_;  // by id: the merges make this token of its own bytes
  std::array<int32_t, 256> byte_tokens_ = {};
  std::bitset<65536> neighbours_;  // pairs of bytes that stand side by side in some merged token
  BpeOptions options_;
};

}  // namespace graft::inline v0
