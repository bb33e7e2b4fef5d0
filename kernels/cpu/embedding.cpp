// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cpu/panels.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void embedding(const Stream& stream, const PackedMatrix& table, const int32_t* ids, int rows, float* y) {
  parallel_ranges(stream, rows, 4 * static_cast<int64_t>(table.cols), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) unpack_row(table, ids[i], y + i * table.cols);
  });
}

void gather_rows(const Stream& stream, const float* x, const int32_t* rows, int count, int cols, float* y) {
  parallel_ranges(stream, count, cols, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      memcpy(y + i * cols, x + static_cast<int64_t>(rows[i]) * cols, sizeof(float) * cols);
  });
}

// A task owns a strip of columns, so that equal ids add up in the order of the rows.
void embedding_backward(const Stream& stream, const int32_t* ids, const float* dy, int rows, int cols, int,
                        float* dtable) {
  constexpr int kStrip = 64;
  parallel_for(stream, ceil_div(cols, kStrip), [&](int64_t task, int) {
    const int64_t begin = task * kStrip, width = min<int64_t>(kStrip, cols - begin);
    for (int64_t row = 0; row < rows; ++row) {
      if (ids[row] < 0) continue;
      float* out = dtable + static_cast<int64_t>(ids[row]) * cols + begin;
      const float* in = dy + row * cols + begin;
      for_vectors(width,
                  [&](int64_t i, int lanes) { store(out + i, load(out + i, lanes) + load(in + i, lanes), lanes); });
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
