// SPDX-License-Identifier: Apache-2.0
#include "formats/csv.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "support/refusal.hpp"

namespace graft {
namespace {

struct Record {
  size_t line;
  std::vector<std::string> fields;
  bool operator==(const Record&) const = default;
};

std::vector<Record> read(std::string_view text, char separator = ',') {
  const MappedFile file = MappedFile::borrow(std::as_bytes(std::span(text)), "x.csv");
  std::vector<Record> records;
  for_each_record(file, separator, [&](std::span<const std::string> fields, size_t line) {
    records.push_back({line, {fields.begin(), fields.end()}});
  });
  return records;
}

std::string wrong(std::string_view text) {
  return refusal([&] { read(text); });
}

using Records = std::vector<Record>;

}  // namespace

TEST_CASE("Records of a CSV file, whatever ends their lines", "[formats]") {
  const Records expected = {{1, {"a", "b"}}, {2, {"1", ""}}, {4, {"", "2"}}};
  CHECK(read("a,b\n1,\n\n,2\n") == expected);
  CHECK(read("a,b\r\n1,\r\n\r\n,2") == expected);
  CHECK(read("a,b\r1,\r\r,2\r") == expected);
  CHECK(read("\xEF\xBB\xBF"
             "a;b\n1;\n\n;2",
             ';') == expected);
  CHECK(read("").empty());
  CHECK(read("\n\n").empty());
}

TEST_CASE("Quoted fields hold separators, line breaks and quotes", "[formats]") {
  CHECK(read("\"x, y\",\"two\nlines\"\n\"say \"\"no\"\"\",\"\"\n5\" pipe,b") ==
        Records{{1, {"x, y", "two\nlines"}}, {3, {"say \"no\"", ""}}, {4, {"5\" pipe", "b"}}});
}

TEST_CASE("What is wrong with a CSV file is said with line and column", "[formats]") {
  CHECK(wrong("a,b\n1,2\n1,2,3\n") == "x.csv:3: 3 fields, expected 2 as in line 1");
  CHECK(wrong("a,b\n\"1\n2\",2\n1\n") == "x.csv:4: 1 fields, expected 2 as in line 1");
  CHECK(wrong("a,b\n1,\"2\n3,4\n") == "x.csv:2: column 2: the quote that opens here never closes");
  CHECK(wrong("a,b\n\"1\" ,2\n") ==
        "x.csv:2: column 1: text follows the closing quote, expected a separator or the line's end");
  CHECK(wrong("a,b\n1,\xFF\n") == "x.csv:2: column 2: not valid UTF-8");
  CHECK(wrong("a," + std::string(kMostCsvFieldBytes + 1, 'x')) ==
        "x.csv:1: column 2: a field of more than 16777216 bytes, the most that are read");
  CHECK(wrong(std::string(kMostCsvColumns, ',')) == "x.csv:1: more than 65536 fields, the most that are read");
  CHECK(refusal<ArgumentError>([] { read("a", '\n'); }) == "csv: the separator is a quote or a line break");
}

}  // namespace graft
