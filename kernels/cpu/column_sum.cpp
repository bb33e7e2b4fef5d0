// SPDX-License-Identifier: Apache-2.0
#include "cpu/columns.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void column_sum(const Stream& stream, const float* x, int rows, int cols, float* sum) {
  sum_columns(stream, rows, cols, sum,
              [&](int row, int64_t i, int lanes) { return load(x + static_cast<int64_t>(row) * cols + i, lanes); });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
