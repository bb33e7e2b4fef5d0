// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graft/dataset.hpp"

namespace graft::inline v0 {

struct DatasetRow {
  Example example;
  size_t number;  // line of the file, or position among the host's examples; from 1
};

struct DatasetRows {
  std::string file;  // empty for the host's examples
  std::vector<DatasetRow> rows;
};

struct Dataset::State {
  std::shared_ptr<const DatasetRows> source;
  std::vector<size_t> order;  // of the rows that belong to the set
  size_t duplicates_removed = 0;
};

}  // namespace graft::inline v0
