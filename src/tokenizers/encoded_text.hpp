// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizers/normalize.hpp"

namespace graft::inline v0 {

inline constexpr int8_t kNoSequence = -1;

// Tokens with all that is known about them; every vector has an entry a token.
struct EncodedText {
  std::vector<int32_t> ids;
  std::vector<TextSpan> offsets;  // bytes of the text that the token comes from
  std::vector<int32_t> type_ids;
  std::vector<uint8_t> special_mask;     // 1: added by the template, or padding
  std::vector<int8_t> sequence;          // 0: first text, 1: second, kNoSequence: neither
  std::vector<uint8_t> attention;        // 0: padding
  std::vector<EncodedText> overflowing;  // what truncation cut off, in windows

  size_t size() const { return ids.size(); }
  void append(const EncodedText& other);  // without what overflows
  EncodedText slice(size_t begin, size_t end) const;
};

enum class Side : uint8_t { left, right };
enum class CutStrategy : uint8_t { longest_first, only_first, only_second };

struct Truncation {
  size_t max_length = 0;  // with special tokens; 0: no truncation
  size_t stride = 0;      // tokens that consecutive windows share
  CutStrategy strategy = CutStrategy::longest_first;
  Side side = Side::right;  // where tokens are cut off
};

// Cuts one or two texts (second may be null) to `max_length` tokens in all. ArgumentError: the stride is not below the
// length that remains, or the strategy's text is too short.
void truncate(EncodedText& first, EncodedText* second, size_t max_length, const Truncation& how);

struct Padding {
  Side side = Side::right;
  size_t length = 0;       // 0: that of the longest encoding
  size_t multiple_of = 0;  // rounds the length up; 0: does not
  int32_t id = 0;
  int32_t type_id = 0;
};
// Brings all encodings, with what overflows, to one length.
void pad(std::vector<EncodedText>& encodings, const Padding& how);

}  // namespace graft::inline v0
