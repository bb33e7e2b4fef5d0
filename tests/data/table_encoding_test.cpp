// SPDX-License-Identifier: Apache-2.0
#include "graft/table_encoding.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "graft/error.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

using Rows = std::vector<std::vector<std::string>>;
const std::vector<std::string> kNames = {"age", "job", "good"};
const Rows kTrain = {{"10", "cook", "no"},  {"", "cook", "yes"},   {"30", "", "yes"},
                     {"20", "smith", "no"}, {"20", "nurse", "no"}, {"20", "nurse", "no"}};

Table train() { return Table::from(kNames, kTrain, {.target = "good"}); }

TableEncoding encoding() { return TableEncoding::fit(train(), {.rare_below = 2}); }

std::vector<float> row(const TableFeatures& features, size_t index) {
  const auto first = features.values.begin() + std::ptrdiff_t(index * features.cols);
  return {first, first + std::ptrdiff_t(features.cols)};
}

std::vector<std::string> copy(std::span<const std::string> of) { return {of.begin(), of.end()}; }

}  // namespace

TEST_CASE("Features are learned from the training part", "[data]") {
  const TableEncoding learned = encoding();
  CHECK(copy(learned.features()) == std::vector<std::string>{"age", "age is missing", "job = cook", "job = nurse",
                                                             "job = (rare)", "job is missing"});
  const TableFeatures features = learned.encode(train());
  CHECK((features.rows == 6 && features.cols == 6));
  const float low = float(-10 / std::sqrt(40.0));  // five ages with the mean 20 and the variance 40
  CHECK(row(features, 0) == std::vector<float>{low, 0, 1, 0, 0, 0});
  CHECK(row(features, 1) == std::vector<float>{0, 1, 1, 0, 0, 0});
  CHECK(row(features, 2) == std::vector<float>{-low, 0, 1, 0, 0, 1});  // cook is as frequent as nurse, and first
  CHECK(row(features, 3) == std::vector<float>{0, 0, 0, 0, 1, 0});
  CHECK(features.classes == std::vector<int32_t>{0, 1, 1, 0, 0, 0});
  CHECK(copy(learned.classes()) == std::vector<std::string>{"no", "yes"});
}

TEST_CASE("Another table is encoded by what was learned", "[data]") {
  const TableEncoding learned = encoding();
  const Table other =
      Table::from(std::vector<std::string>{"job", "age"}, Rows{{"pilot", "40"}, {"", ""}}, learned.reading(false));
  const TableFeatures features = learned.encode(other);
  CHECK(row(features, 0) == std::vector<float>{float(20 / std::sqrt(40.0)), 0, 0, 0, 0, 0});
  CHECK(row(features, 1) == std::vector<float>{0, 1, 1, 0, 0, 1});
  CHECK(features.classes.empty());
  CHECK(refusal<ArgumentError>([&] { learned.encode(Table::from(std::vector<std::string>{"age"}, Rows{{"1"}})); }) ==
        "encode: the table has no column \"job\"");
  const Table all_numbers = Table::from(std::vector<std::string>{"age", "job"}, Rows{{"1", "2"}});
  CHECK(refusal<ArgumentError>([&] { learned.encode(all_numbers); }) ==
        "encode: column \"job\" is number, expected category: read the table with TableEncoding::reading");
  const Table unknown = Table::from(kNames, Rows{{"1", "cook", "perhaps"}}, {.target = "good"});
  CHECK(refusal<ArgumentError>([&] { learned.encode(unknown); }) ==
        "row 1: column \"good\": \"perhaps\" is no class of the training part");
}

TEST_CASE("The held-out part does not move the encoding", "[data]") {
  const Table whole = train();
  const std::vector<size_t> first = {0, 3};
  const TableEncoding learned = TableEncoding::fit(whole.select(first), {.rare_below = 0});
  CHECK(copy(learned.features()) == std::vector<std::string>{"age", "job = cook", "job = smith"});
  const TableFeatures features = learned.encode(whole);
  CHECK(row(features, 2) == std::vector<float>{3, 1, 0});
  CHECK(row(features, 4) == std::vector<float>{1, 0, 0});
}

TEST_CASE("Numbers stay as they are where that is wanted, and never divide by zero", "[data]") {
  const std::vector<std::string> names = {"x"};
  const Table table = Table::from(names, Rows{{"5"}, {"7"}, {""}});
  CHECK(TableEncoding::fit(table, {.standardise = false}).encode(table).values == std::vector<float>{5, 0, 7, 0, 6, 1});
  const Table constant = Table::from(names, Rows{{"5"}, {"5"}});
  CHECK(TableEncoding::fit(constant).encode(constant).values == std::vector<float>{0, 0});
}

TEST_CASE("An encoding is saved and loaded", "[data]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "encoding.json";
  encoding().save(path);
  const TableEncoding loaded = TableEncoding::load(path);
  CHECK(loaded.json() == encoding().json());
  CHECK(loaded.encode(train()).values == encoding().encode(train()).values);
  CHECK(loaded.reading(true).classes == std::vector<std::string>{"no", "yes"});
  CHECK(refusal([] { TableEncoding::from_json(R"({"format": 2})", "e.json"); }) ==
        "e.json: \"format\" is 2, expected 1 to 1");
  CHECK(refusal([] { TableEncoding::from_json(R"({"format": 1})", "e.json"); }) ==
        "e.json: \"columns\" is missing, expected an array");
  std::string text = encoding().json();
  text.replace(text.find("\"number\""), 8, "\"date\"");
  CHECK(refusal([&] { TableEncoding::from_json(text, "e.json"); }) ==
        "e.json: column 1: \"type\" is \"date\", expected number or category");
}

}  // namespace graft
