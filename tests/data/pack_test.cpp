// SPDX-License-Identifier: Apache-2.0
#include "data/pack.hpp"

#include <numeric>

#include <catch2/catch.hpp>

#include "graft/error.hpp"

namespace graft {
namespace {

// Ids 0 to n - 1, all but the first of them trained.
TokenRow counting(size_t n) {
  TokenRow row{std::vector<int32_t>(n), std::vector<bool>(n, true)};
  std::iota(row.ids.begin(), row.ids.end(), 0);
  row.trained.front() = false;
  return row;
}

}  // namespace

TEST_CASE("a row that fits stays as it is", "[data]") {
  for (const TooLong too_long : {TooLong::refuse, TooLong::truncate, TooLong::split}) {
    const auto rows = cut(counting(5), 5, too_long, "a.jsonl:3");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].ids == counting(5).ids);
    CHECK(rows[0].trained_tokens() == 4);
  }
}

TEST_CASE("a long row is refused, cut off or continued", "[data]") {
  CHECK_THROWS_WITH(cut(counting(6), 5, TooLong::refuse, "a.jsonl:3"), "a.jsonl:3: has 6 tokens, expected at most 5");
  const auto truncated = cut(counting(6), 5, TooLong::truncate, "");
  REQUIRE(truncated.size() == 1);
  CHECK(truncated[0].ids == std::vector<int32_t>{0, 1, 2, 3, 4});
  CHECK_THROWS_AS(cut(counting(6), 1, TooLong::split, ""), ArgumentError);
  CHECK_THROWS_AS(cut({{1, 2}, {true}}, 5, TooLong::split, ""), ArgumentError);
}

TEST_CASE("split rows learn every token once", "[data]") {
  for (size_t length = 2; length < 30; ++length) {
    for (size_t max = 2; max < 8; ++max) {
      INFO(length << " in " << max);
      std::vector<int32_t> learned;
      for (const TokenRow& row : cut(counting(length), max, TooLong::split, "")) {
        CHECK(row.ids.size() <= max);
        CHECK_FALSE(row.trained.front());
        for (size_t i = 1; i < row.ids.size(); ++i) {
          CHECK(row.ids[i] == row.ids[i - 1] + 1);
          if (row.trained[i]) learned.push_back(row.ids[i]);
        }
      }
      std::vector<int32_t> expected(length - 1);
      std::iota(expected.begin(), expected.end(), 1);
      CHECK(learned == expected);
    }
  }
}

TEST_CASE("rows are packed in order up to the budget", "[data]") {
  const std::vector<size_t> lengths = {3, 4, 3, 1, 12, 2, 8, 10, 0};
  CHECK(pack(lengths, 10) == std::vector<RowRange>{{0, 3}, {3, 4}, {4, 5}, {5, 7}, {7, 9}});
  CHECK(pack(lengths, 1).size() == 8);
  CHECK(pack(lengths, 1000) == std::vector<RowRange>{{0, 9}});
  CHECK(pack({}, 10).empty());
  CHECK_THROWS_AS(pack(lengths, 0), ArgumentError);
}

}  // namespace graft
