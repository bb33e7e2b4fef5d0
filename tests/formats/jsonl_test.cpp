// SPDX-License-Identifier: Apache-2.0
#include "formats/jsonl.hpp"

#include <catch2/catch.hpp>

#include "support/refusal.hpp"

namespace graft {
namespace {

using Catch::Matchers::Equals;

using Row = std::pair<size_t, std::string>;

// Line and field "a" of each row.
std::vector<Row> rows_of(const std::string& text) {
  std::vector<Row> rows;
  const MappedFile file = MappedFile::borrow(std::as_bytes(std::span(text)), "rows.jsonl");
  for_each_row(file, [&](const JsonObject& row, size_t line) { rows.emplace_back(line, row.text("a")); });
  return rows;
}

std::string refused(const std::string& text) {
  return refusal([&] { rows_of(text); });
}

}  // namespace

TEST_CASE("rows are read with their line numbers", "[formats]") {
  CHECK(rows_of("{\"a\":\"x\"}\n{\"a\":\"y\"}") == std::vector<Row>{{1, "x"}, {2, "y"}});
  CHECK(rows_of("\xEF\xBB\xBF{\"a\":\"x\"}\r\n\r\n \t\n{\"a\":\"y\"}\r\n") == std::vector<Row>{{1, "x"}, {4, "y"}});
  CHECK(rows_of("").empty());
  CHECK(rows_of("\n\n").empty());
}

TEST_CASE("errors name file, line and field", "[formats]") {
  CHECK_THAT(refused("{\"a\":\"x\"}\n{\"b\":1}\n"), Equals("rows.jsonl:2: \"a\" is missing"));
  CHECK_THAT(refused("{\"a\":\"x\"}\n[1]\n"), Equals("rows.jsonl:2: is an array of 1, expected a JSON object"));
  CHECK_THAT(refused("{\"a\" \"x\"}\n{}"),
             Equals("rows.jsonl:1: column 8 (byte 8): not valid JSON: unexpected string literal; expected ':'"));
  CHECK_THAT(refused("{}\n{\"a\": \"ha"), Equals("rows.jsonl:1: \"a\" is missing"));
}

TEST_CASE("a broken last line is reported as cut", "[formats]") {
  CHECK_THAT(refused("{\"a\":\"x\"}\n{\"a\": \"ha"),
             Catch::Matchers::StartsWith("rows.jsonl:2: column 10") &&
                 Catch::Matchers::EndsWith("missing closing quote; the file ends in this line, it may have been cut"));
  CHECK_THAT(refused("{\"a\": \"ha\n"), !Catch::Matchers::Contains("cut"));
}

}  // namespace graft
