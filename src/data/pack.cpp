// SPDX-License-Identifier: Apache-2.0
#include "data/pack.hpp"

#include <algorithm>
#include <numeric>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

TokenRow part(const TokenRow& row, size_t begin, size_t end) {
  const auto from = static_cast<ptrdiff_t>(begin), to = static_cast<ptrdiff_t>(end);
  TokenRow result{{row.ids.begin() + from, row.ids.begin() + to},
                  {row.trained.begin() + from, row.trained.begin() + to}};
  if (begin > 0) result.trained.front() = false;
  return result;
}

RowRange rows_of_part(std::span<const size_t> lengths, int part, int parts) {
  const size_t total = std::accumulate(lengths.begin(), lengths.end(), size_t{0});
  RowRange rows;
  size_t before = 0;  // twice the tokens
  for (size_t row = 0; row < lengths.size(); before += 2 * lengths[row++]) {
    const size_t of = total > 0 ? (before + lengths[row]) * size_t(parts) / (2 * total) : 0;
    rows.begin += of < size_t(part);
    rows.end += of <= size_t(part);
  }
  return rows;
}

}  // namespace

size_t TokenRow::trained_tokens() const {
  return static_cast<size_t>(std::count(trained.begin(), trained.end(), true));
}

std::vector<TokenRow> cut(TokenRow row, size_t max_length, TooLong too_long, std::string_view where) {
  check(max_length >= 2, "the greatest length of an example is ", max_length, ", expected at least 2");
  check(row.ids.size() == row.trained.size(), where, ": ", row.ids.size(), " tokens with ", row.trained.size(),
        " marks of what is trained");
  const size_t length = row.ids.size();
  std::vector<TokenRow> result;
  if (length <= max_length) {
    result.push_back(std::move(row));
    return result;
  }
  check(too_long != TooLong::refuse, where, ": has ", length, " tokens, expected at most ", max_length);
  if (too_long == TooLong::truncate) return {part(row, 0, max_length)};
  for (size_t begin = 0; begin + 1 < length; begin += max_length - 1)
    result.push_back(part(row, begin, std::min(begin + max_length, length)));
  return result;
}

std::vector<RowRange> pack(std::span<const size_t> lengths, size_t token_budget) {
  check(token_budget > 0, "the token budget of a micro-batch is 0");
  std::vector<RowRange> groups;
  size_t left = 0;
  for (size_t row = 0; row < lengths.size(); ++row) {
    if (groups.empty() || lengths[row] > left) {
      groups.push_back({row, row});
      left = token_budget;
    }
    groups.back().end = row + 1;
    left -= std::min(left, lengths[row]);
  }
  return groups;
}

std::vector<RowRange> pack_part(std::span<const size_t> lengths, size_t token_budget, int part, int parts) {
  const RowRange rows = rows_of_part(lengths, part, parts);
  std::vector<RowRange> groups = pack(lengths.subspan(rows.begin, rows.end - rows.begin), token_budget);
  for (RowRange& group : groups) group = {group.begin + rows.begin, group.end + rows.begin};
  return groups;
}

}  // namespace graft::inline v0
