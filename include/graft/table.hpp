// SPDX-License-Identifier: Apache-2.0
//
//   const auto table = graft::Table::csv("credit.csv", {.target = "default"});
//   const auto [train, test] = table.split(0.8, {.by = graft::SplitBy::target});
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

enum class ColumnType {
  number,
  category,  // one of a few values
  text,      // of too many values for a category; no feature
  ignored,
};

struct TableOptions {
  std::string target = {};  // the column to predict: classes if it is a category, else numbers; empty: none
  std::string group = {};   // rows with one value in this column stay together in a split by groups; no feature
  std::map<std::string, ColumnType> types = {};  // of columns, in place of what is inferred
  // Of the target, in their order; any other value is an error. Empty: those found, sorted as numbers or as text.
  std::vector<std::string> classes = {};
  std::vector<std::string> missing = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"};
  int most_categories = 64;  // different values of a column that is inferred to be a category
  char separator = ',';
  bool header =
      true;  // the first line names the columns; else, and where a name is empty, a column's name is its number
};

// What a column of the whole file was found to be.
struct ColumnInfo {
  std::string name;
  ColumnType type = ColumnType::ignored;
  bool is_inferred = true;
  size_t missing = 0;
  size_t different = 0;  // values of a category
};

enum class SplitBy {
  row,     // at random
  target,  // at random within each class, so that both parts have the same shares of classes
  group,   // whole groups at random
};

struct SplitOptions {
  SplitBy by = SplitBy::row;
  uint64_t seed = 0;
};

struct TableSplit;

// Rows of named columns. A value: copies share the cells, which never change, and may be used from many threads.
//
// A column is a number when all its values are, a category when it has at most `most_categories` of them, else text; a
// column without a value is ignored. A target of at most 20 different whole numbers is a category. Cells count without
// the blanks around them.
class GRAFT_EXPORT Table {
 public:
  // A CSV file (RFC 4180) in UTF-8, with any separator. Throws FileError that names file, line and column: for what is
  // no CSV, for a column that the options name and the file lacks, two columns of one name, a file without rows, a
  // value that does not fit the type the options give, a target that is missing or text.
  static Table csv(const std::filesystem::path& path, const TableOptions& options = {});
  // The host's own cells, as many in each row as there are names. `header` and `separator` do nothing. Throws
  // ArgumentError that names the row, counted from 1.
  static Table from(std::span<const std::string> names, std::span<const std::vector<std::string>> rows,
                    const TableOptions& options = {});

  size_t rows() const;
  std::span<const ColumnInfo> columns() const;
  const std::string& target() const;  // the column's name; empty: none

  // The names of the target's classes; empty where it is a number.
  std::span<const std::string> classes() const;
  // The target of each row: its class, or its number. Empty where it is not of that kind.
  std::vector<int32_t> class_targets() const;
  std::vector<double> number_targets() const;

  // The cells of a column that is not ignored: NaN, or empty, where missing. Throw ArgumentError when there is no such
  // column, or of another type.
  std::vector<double> numbers(std::string_view column) const;
  std::vector<std::string_view> texts(std::string_view column) const;
  // Where a row comes from, for messages: "credit.csv:12" or "row 12".
  std::string where(size_t row) const;

  // The given rows, in that order; they may repeat. Throws ArgumentError when there is no such row.
  Table select(std::span<const size_t> rows) const;
  // `fraction` of the rows (above 0, below 1; rounded, but at least one row, of a class of two or more, or one group to
  // each side) to `train`. Both keep the order. Groups are taken as long as they bring the share nearer. Throws
  // ArgumentError when there are less than two rows or groups, no classes, or no group column.
  TableSplit split(double fraction, const SplitOptions& options = {}) const;

  struct State;
  const State& state() const { return *state_; }

 private:
  explicit Table(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

struct TableSplit {
  Table train, held_out;
};

}  // namespace graft::inline v0
