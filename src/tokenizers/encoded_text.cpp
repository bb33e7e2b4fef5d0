// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/encoded_text.hpp"

#include <algorithm>
#include <utility>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

template <class T>
void append_to(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

template <class T>
std::vector<T> part(const std::vector<T>& all, size_t begin, size_t end) {
  return {all.begin() + static_cast<ptrdiff_t>(begin), all.begin() + static_cast<ptrdiff_t>(end)};
}

// Keeps `length` tokens; the rest becomes windows of that length that share `stride` tokens.
void cut(EncodedText& encoding, size_t length, const Truncation& how) {
  if (length >= encoding.size()) return;
  EncodedText whole = std::exchange(encoding, {});
  if (length == 0) {
    encoding.overflowing.push_back(std::move(whole));
    return;
  }
  check(how.stride < length, "truncate: a stride of ", how.stride, " tokens, expected less than the ", length,
        " tokens that a window holds");
  std::vector<EncodedText> windows;
  const size_t step = length - how.stride, size = whole.size();
  for (size_t moved = 0;; moved += step) {
    const bool last = moved + length >= size;
    windows.push_back(how.side == Side::right ? whole.slice(moved, std::min(moved + length, size))
                                              : whole.slice(last ? 0 : size - moved - length, size - moved));
    if (last) break;
  }
  encoding = std::move(windows.front());
  encoding.overflowing.assign(std::make_move_iterator(windows.begin() + 1), std::make_move_iterator(windows.end()));
}

// The shorter text stays whole as long as it fills no more than half.
std::pair<size_t, size_t> fair_lengths(size_t first, size_t second, size_t max_length) {
  const bool swapped = first > second;
  size_t shorter = std::min(first, second);
  size_t longer = shorter > max_length ? shorter : std::max(shorter, max_length - shorter);
  if (shorter + longer > max_length) {
    shorter = max_length / 2;
    longer = max_length - shorter;
  }
  return swapped ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

void pad_one(EncodedText& encoding, size_t length, const Padding& how) {
  for (EncodedText& window : encoding.overflowing) pad_one(window, length, how);
  if (encoding.size() >= length) return;
  const size_t count = length - encoding.size(), at = how.side == Side::left ? 0 : encoding.size();
  const auto fill = [&](auto& values, auto value) {
    values.insert(values.begin() + static_cast<ptrdiff_t>(at), count, value);
  };
  fill(encoding.ids, how.id);
  fill(encoding.offsets, TextSpan{0, 0});
  fill(encoding.type_ids, how.type_id);
  fill(encoding.special_mask, uint8_t{1});
  fill(encoding.sequence, kNoSequence);
  fill(encoding.attention, uint8_t{0});
}

}  // namespace

void EncodedText::append(const EncodedText& other) {
  append_to(ids, other.ids);
  append_to(offsets, other.offsets);
  append_to(type_ids, other.type_ids);
  append_to(special_mask, other.special_mask);
  append_to(sequence, other.sequence);
  append_to(attention, other.attention);
}

EncodedText EncodedText::slice(size_t begin, size_t end) const {
  return {part(ids, begin, end),
          part(offsets, begin, end),
          part(type_ids, begin, end),
          part(special_mask, begin, end),
          part(sequence, begin, end),
          part(attention, begin, end),
          {}};
}

void truncate(EncodedText& first, EncodedText* second, size_t max_length, const Truncation& how) {
  const size_t total = first.size() + (second ? second->size() : 0);
  if (total <= max_length) return;
  if (how.strategy == CutStrategy::longest_first) {
    if (!second) return cut(first, max_length, how);
    const auto [keep_first, keep_second] = fair_lengths(first.size(), second->size(), max_length);
    cut(first, keep_first, how);
    return cut(*second, keep_second, how);
  }
  const bool only_first = how.strategy == CutStrategy::only_first;
  check(only_first || second, "truncate: only_second needs a second text");
  EncodedText& target = only_first ? first : *second;
  const size_t excess = total - max_length;
  check(target.size() > excess, "truncate: ", only_first ? "only_first" : "only_second", " must take away ", excess,
        " tokens, but that text has ", target.size());
  cut(target, target.size() - excess, how);
}

void pad(std::vector<EncodedText>& encodings, const Padding& how) {
  size_t length = how.length;
  if (length == 0)
    for (const EncodedText& encoding : encodings) length = std::max(length, encoding.size());
  if (how.multiple_of > 0) length = (length + how.multiple_of - 1) / how.multiple_of * how.multiple_of;
  for (EncodedText& encoding : encodings) pad_one(encoding, length, how);
}

}  // namespace graft::inline v0
