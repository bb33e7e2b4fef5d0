// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace graft::inline v0 {

// A row-major matrix with its rows as columns.
inline std::vector<float> transposed(std::span<const float> values, int rows, int cols) {
  std::vector<float> result(values.size());
  for (int row = 0; row < rows; ++row)
    for (int col = 0; col < cols; ++col) result[size_t(col) * rows + row] = values[size_t(row) * cols + col];
  return result;
}

}  // namespace graft::inline v0
