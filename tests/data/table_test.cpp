// SPDX-License-Identifier: Apache-2.0
#include "graft/table.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <set>

#include "graft/error.hpp"
#include "support/message.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

constexpr std::string_view kCredit =
    "id,age,purpose,amount,note,empty,good\n"
    "1,30, car ,1e3,one,NA,1\n"
    "2,?,house,250.5,two,,0\n"
    "3,41,car,,three,NA,1\n"
    "4,+52,,-7,four,NA,0\n";

Table credit(TableOptions options = {.target = "good", .types = {{"id", ColumnType::ignored}}, .most_categories = 2}) {
  const TemporaryFolder folder;
  return Table::csv(folder.file("credit.csv", kCredit), options);
}

std::string wrong(const TableOptions& options, std::string_view text = kCredit) {
  const TemporaryFolder folder;
  const auto path = folder.file("credit.csv", text);
  const std::string refused = refusal<Error>([&] { Table::csv(path, options); });
  return refused.starts_with(path.string()) ? refused.substr(folder.path().string().size() + 1) : refused;
}

// Rows of a class and a group each.
Table labelled(size_t rows) {
  std::vector<std::vector<std::string>> cells;
  for (size_t i = 0; i < rows; ++i)
    cells.push_back({std::to_string(i), i % 5 == 0 ? "yes" : "no", message("g", i % 7)});
  return Table::from(std::vector<std::string>{"x", "y", "g"}, cells, {.target = "y", .group = "g"});
}

double share_of_yes(const Table& table) {
  const std::vector<int32_t> targets = table.class_targets();
  return std::accumulate(targets.begin(), targets.end(), 0.0) / double(targets.size());
}

}  // namespace

TEST_CASE("The types of columns are inferred and reported", "[data]") {
  const Table table = credit();
  CHECK(table.rows() == 4);
  const ColumnType types[] = {ColumnType::ignored, ColumnType::number,  ColumnType::category, ColumnType::number,
                              ColumnType::text,    ColumnType::ignored, ColumnType::category};
  const size_t missing[] = {0, 1, 1, 1, 0, 4, 0}, different[] = {0, 0, 2, 0, 0, 0, 2};
  REQUIRE(table.columns().size() == 7);
  for (size_t i = 0; i < 7; ++i) {
    INFO(table.columns()[i].name);
    CHECK(table.columns()[i].type == types[i]);
    CHECK(table.columns()[i].is_inferred == (i > 0));
    CHECK(table.columns()[i].missing == missing[i]);
    CHECK(table.columns()[i].different == different[i]);
  }
  const std::vector<double> age = table.numbers("age");
  CHECK((age[0] == 30 && std::isnan(age[1]) && age[3] == 52));
  CHECK(table.texts("purpose") == std::vector<std::string_view>{"car", "house", "car", ""});
  CHECK(table.where(2).ends_with("credit.csv:4"));
  CHECK(refusal<ArgumentError>([&] { table.numbers("purpose"); }) ==
        "table: column \"purpose\" is category, expected number");
}

TEST_CASE("A target is classes or numbers", "[data]") {
  const Table classes = credit();
  CHECK(std::vector<std::string>(classes.classes().begin(), classes.classes().end()) ==
        std::vector<std::string>{"0", "1"});
  CHECK(classes.class_targets() == std::vector<int32_t>{1, 0, 1, 0});
  CHECK(classes.number_targets().empty());
  const Table numbers = credit({.target = "good", .types = {{"good", ColumnType::number}}});
  CHECK(numbers.classes().empty());
  CHECK(numbers.number_targets() == std::vector<double>{1, 0, 1, 0});
  CHECK(credit({.target = "good", .classes = {"1", "0"}}).class_targets() == std::vector<int32_t>{0, 1, 0, 1});
  CHECK(credit({}).class_targets().empty());
}

TEST_CASE("Separators and headers are options", "[data]") {
  const TemporaryFolder folder;
  const Table table = Table::csv(folder.file("x.csv", "1;a\n2;b\n"), {.separator = ';', .header = false});
  CHECK(table.rows() == 2);
  CHECK(table.numbers("1") == std::vector<double>{1, 2});
  CHECK(table.texts("2") == std::vector<std::string_view>{"a", "b"});
}

TEST_CASE("What is wrong with a table is said", "[data]") {
  CHECK(wrong({.target = "bad"}) == "credit.csv: there is no column \"bad\", which TableOptions::target names");
  CHECK(wrong({.types = {{"bad", ColumnType::text}}}) ==
        "credit.csv: there is no column \"bad\", which TableOptions::types names");
  CHECK(wrong({.types = {{"note", ColumnType::number}}}) ==
        "credit.csv:2: column \"note\": \"one\", expected a number");
  CHECK(wrong({.target = "good", .classes = {"1", "2"}}) ==
        "credit.csv:3: column \"good\": \"0\", expected \"1\", \"2\"");
  CHECK(wrong({.target = "purpose"}) == "credit.csv:5: column \"purpose\", the target, is missing");
  CHECK(wrong({.target = "note", .most_categories = 3}) ==
        "credit.csv: column \"note\", the target, is text, expected numbers or at most 3 classes");
  CHECK(wrong({}, "a,a\n1,2\n") == "credit.csv: two columns are named \"a\"");
  CHECK(wrong({}, "a,b\n") == "credit.csv: holds no row");
  CHECK(wrong({}, "") == "credit.csv: holds no row");
  CHECK(refusal<ArgumentError>([] {
          Table::from(std::vector<std::string>{"a", "b"}, std::vector<std::vector<std::string>>{{"1"}});
        }) == "row 1: 1 cells, expected 2");
}

TEST_CASE("A split at random takes its share, by the seed", "[data]") {
  const Table table = labelled(100);
  const auto [train, test] = table.split(0.8);
  CHECK(train.rows() == 80);
  std::vector<double> all = train.numbers("x");
  CHECK(std::is_sorted(all.begin(), all.end()));
  for (const double x : test.numbers("x")) all.push_back(x);
  CHECK(std::set<double>(all.begin(), all.end()).size() == 100);
  CHECK(table.split(0.8).train.numbers("x") == train.numbers("x"));
  CHECK(table.split(0.8, {.seed = 1}).train.numbers("x") != train.numbers("x"));
  CHECK(table.split(0.001).train.rows() == 1);
}

TEST_CASE("A split by the target keeps the shares of the classes", "[data]") {
  for (const double fraction : {0.5, 0.8}) {
    const auto [train, test] = labelled(100).split(fraction, {.by = SplitBy::target});
    CHECK(share_of_yes(train) == Approx(0.2));
    CHECK(share_of_yes(test) == Approx(0.2));
  }
  CHECK(refusal<ArgumentError>([] { credit({}).split(0.5, {.by = SplitBy::target}); }) ==
        "split: by classes, but the table has none");
}

TEST_CASE("A split by groups keeps each on one side", "[data]") {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const auto [train, test] = labelled(100).split(0.7, {.by = SplitBy::group, .seed = seed});
    const auto groups = train.texts("g"), others = test.texts("g");
    const std::set<std::string_view> of_train(groups.begin(), groups.end());
    CHECK(std::none_of(others.begin(), others.end(), [&](auto group) { return of_train.contains(group); }));
    CHECK(std::abs(double(train.rows()) - 70) < 15);
  }
  CHECK(refusal<ArgumentError>([] { credit().split(0.5, {.by = SplitBy::group}); }) ==
        "split: by groups, but TableOptions::group names no column");
}

}  // namespace graft
