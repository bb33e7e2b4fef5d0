// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graft/table.hpp"

namespace graft::inline v0 {

// The code of a missing cell.
inline constexpr int32_t kMissing = -1;

// The cells of one column: of a number as they are, NaN where missing; of a category or a text as codes, which `values`
// names; of an ignored column none.
struct TableColumn {
  std::vector<double> numbers;
  std::vector<int32_t> codes;
  std::vector<std::string> values;
};

struct TableCells {
  std::string file;           // empty for the host's own
  std::vector<size_t> lines;  // of each row; its number, from 1, for the host's own
  std::vector<ColumnInfo> infos;
  std::vector<TableColumn> columns;
  std::vector<std::string> missing;  // cells that count as such
  int target = -1, group = -1;       // -1: none

  bool has_classes() const { return target >= 0 && infos[size_t(target)].type == ColumnType::category; }
  // -1: there is none.
  int find(std::string_view column) const;
};

struct Table::State {
  std::shared_ptr<const TableCells> cells;
  std::vector<size_t> order;  // the rows that belong to the table
};

const char* name_of(ColumnType type);

}  // namespace graft::inline v0
