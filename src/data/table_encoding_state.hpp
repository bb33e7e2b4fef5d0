// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "graft/table_encoding.hpp"

namespace graft::inline v0 {

// What was learned of a column.
struct ColumnEncoding {
  std::string name;
  ColumnType type = ColumnType::number;  // or category
  bool has_missing = false;              // with a feature that says so
  double mean = 0;                       // of a number,
  double shift = 0, scale = 1;           // which becomes (number - shift) / scale
  std::vector<std::string> values;       // of a category: those with a feature each,
  std::vector<std::string> rare;         // those that share one,
  std::string usual;                     // and the most frequent one; empty: there is none

  size_t features() const { return (type == ColumnType::number ? 1 : values.size() + !rare.empty()) + has_missing; }
};

struct TableEncoding::State {
  std::vector<ColumnEncoding> columns;
  std::string target;
  std::vector<std::string> classes;
  std::vector<std::string> missing;  // cells, as TableOptions has them
  std::vector<std::string> features;

  // Names the features of the columns.
  void name_features();
};

}  // namespace graft::inline v0
