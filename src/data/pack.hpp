// SPDX-License-Identifier: Apache-2.0
//
// From tokenised examples to packed micro-batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

// The tokens of one example, with what its task needs.
struct TokenRow {
  std::vector<int32_t> ids;
  // Whether ids[i] is learned from those before it; so trained[0] is false, but where virtual tokens stand before.
  std::vector<bool> trained = {};
  std::vector<int32_t> types = {};         // 1: of the second text; empty: all 0
  std::vector<int32_t> target = {};        // what a decoder writes for the ids, the end token last
  std::vector<int32_t> token_labels = {};  // a class a token, or the token that was hidden; below 0: not counted
  int32_t label = -1;                      // the class of the whole
  std::vector<int32_t> second = {};        // the other text of a pair that is embedded
  std::vector<float> values = {};          // several classes as 0 and 1, or a number
  int32_t start = -1, end = -1;            // of the answer, first and last token

  size_t trained_tokens() const;
};

enum class TooLong {
  refuse,    // ArgumentError
  truncate,  // the first tokens are kept
  split,     // several rows, for text: each goes on from the last token of the one before, so that none is lost
};

// The row as rows of at most `max_length` (at least 2) tokens. `where` begins the message of a refusal.
std::vector<TokenRow> cut(TokenRow row, size_t max_length, TooLong too_long, std::string_view where);

// Groups rows, given by their lengths, into micro-batches of at most `token_budget` tokens: greedy and in order, so
// the groups are ranges [begin, end) one behind the other. A row that is longer than the budget stands alone.
struct RowRange {
  size_t begin = 0, end = 0;
  bool operator==(const RowRange&) const = default;
};
std::vector<RowRange> pack(std::span<const size_t> lengths, size_t token_budget);

// The same of those rows alone whose middles lie in the part-th of `parts` equal shares of all tokens.
std::vector<RowRange> pack_part(std::span<const size_t> lengths, size_t token_budget, int part, int parts);

}  // namespace graft::inline v0
