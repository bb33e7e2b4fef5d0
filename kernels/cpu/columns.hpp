// SPDX-License-Identifier: Apache-2.0
//
// Sums over the rows of a matrix: a task owns a strip of columns, so that each sum has one order. Rows are added in
// groups, which keeps the rounding error small where there are many.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// sum[c, …] += Σ over rows of value(row, c, lanes).
template <class Value>
void sum_columns(const Stream& stream, int rows, int cols, float* sum, const Value& value) {
  constexpr int kStrip = 4 * kLanes, kGroup = 64;
  parallel_for(stream, ceil_div(cols, kStrip), [&](int64_t task, int) {
    const int begin = static_cast<int>(task) * kStrip;
    for (int first_row = 0; first_row < rows; first_row += kGroup) {
      Vec total[4] = {};
      const int end_row = min(rows, first_row + kGroup);
      for (int row = first_row; row < end_row; ++row)
        for_vectors(min(kStrip, cols - begin),
                    [&](int64_t i, int lanes) { total[i / kLanes] += value(row, begin + i, lanes); });
      for_vectors(min(kStrip, cols - begin), [&](int64_t i, int lanes) {
        float* out = sum + begin + i;
        store(out, load(out, lanes) + total[i / kLanes], lanes);
      });
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
