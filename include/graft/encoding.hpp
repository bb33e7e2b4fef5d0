// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

enum class TextSide : uint8_t { left, right };
enum class TruncationStrategy : uint8_t { longest_first, only_first, only_second };

// How a text becomes tokens.
struct EncodeOptions {
  bool special_tokens = true;  // add the tokens that the model wants around a text (begin of text, separators)
  bool parse_special = true;   // text that spells a special token, like <|im_end|>, becomes that token
  size_t truncate = 0;         // at most so many tokens, special ones included; 0: all
  TextSide truncate_from = TextSide::right;
  TruncationStrategy strategy = TruncationStrategy::longest_first;  // which of two texts is cut
  size_t stride = 0;  // tokens that consecutive windows of what is cut off share
};

struct DecodeOptions {
  bool skip_special = false;  // leave special tokens out
};

// Tokens with all that is known about them. Every vector but the last has an entry a token.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<std::pair<uint32_t, uint32_t>> offsets;            // bytes [begin, end) of the text
  std::vector<std::pair<uint32_t, uint32_t>> character_offsets;  // the same in code points
  std::vector<int32_t> type_ids;      // 0 or 1, as the model tells first and second text apart
  std::vector<uint8_t> special_mask;  // 1: a token that was added
  std::vector<int8_t> sequence;       // 0: first text, 1: second text, -1: neither
  std::vector<Encoding> overflowing;  // what truncation cut off, in windows of the same length
};

}  // namespace graft::inline v0
