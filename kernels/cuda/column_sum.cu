// SPDX-License-Identifier: Apache-2.0
#include "cuda/columns.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void column_sum(const Stream& stream, const float* x, int rows, int cols, float* sum) {
  sum_columns(
      stream, rows, cols, [=] __device__(int row, int col) { return load(x + int64_t(row) * cols + col); },
      [=] __device__(int col, float found) { add_to(sum + col, found); });
}

}  // namespace graft::inline v0::cuda
