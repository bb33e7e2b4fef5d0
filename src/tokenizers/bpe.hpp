// SPDX-License-Identifier: Apache-2.0
//
// Byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019; Kudo & Richardson 2018): the bytes or characters of a
// piece are joined pair by pair, always the leftmost pair of the earliest merge first.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizers/byte_tokens.hpp"
#include "tokenizers/merge_table.hpp"
#include "tokenizers/piece_table.hpp"
#include "tokenizers/token_model.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

struct BpeOptions {
  bool characters = false;                            // merging begins with characters rather than bytes
  bool ignore_merges = false;                         // a piece that is a token is that token, whatever the merges say
  std::optional<ByteTokens> fallback = std::nullopt;  // a character without a token becomes those of its bytes
  std::optional<int32_t> unknown = std::nullopt;      // else this; without it such a character is left out
  bool fuse_unknown = false;                          // consecutive unknown ones are one token
};

class Bpe final : public TokenModel {
 public:
  // `tokens` are the bytes of each token (none for tokens that merging must not make) and must outlive the model.
  Bpe(const TextTable& tokens, const std::vector<Merge>& merges, const BpeOptions&);

  void encode(std::string_view piece, TokenRun& run) const override;
  Json describe(const Vocabulary& vocabulary) const override;

 private:
  void index(const TextTable& tokens, const std::vector<Merge>& merges);
  void encode_parts(std::string_view piece, TokenRun& run) const;
  void encode_part(std::string_view part, TokenRun& run) const;
  void merge(std::string_view part, TokenRun& run) const;
  void add_symbols(std::string_view part, TokenRun& run) const;
  void merge_short(TokenRun& run) const;
  void merge_long(TokenRun& run) const;
  void join(TokenRun& run, size_t left) const;
  void rank_pair(TokenRun& run, size_t left) const;
  void emit(TokenRun& run, int32_t id, const char* bytes, size_t length) const;
  bool joinable(char left, char right) const {
    return neighbours_[static_cast<unsigned char>(left) << 8 | static_cast<unsigned char>(right)];
  }

  bool reachable(int32_t id) const { return reachable_[static_cast<size_t>(id)].load(std::memory_order_relaxed); }

  MergeTable merges_;
  PieceTable pieces_;
  PieceTable characters_;  // tokens of one character
  // By id: the merges are known to make this token of its own bytes. Found out where a text first has those bytes.
  mutable std::vector<std::atomic<bool>> reachable_;
  std::array<int32_t, 256> byte_tokens_ = {};
  std::bitset<65536> neighbours_;  // pairs of bytes that stand side by side in some merged token
  BpeOptions options_;
};

}  // namespace graft::inline v0
