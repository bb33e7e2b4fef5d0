// SPDX-License-Identifier: Apache-2.0
//
// Gains and shifts of columns. Each element is read and written once; the gain's gradient is a pass of its own.
#include "cuda/columns.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void scale_columns(const Stream& stream, const float* x, const float* gain, const float* shift, float* y, int rows,
                   int cols) {
  for_each(stream, int64_t(rows) * cols, [=] __device__(int64_t i) {
    const int64_t col = i % cols;
    float value = load(x + i);
    if (gain) value *= load(gain + col);
    if (shift) value += load(shift + col);
    store(y + i, value);
  });
}

void scale_columns_backward(const Stream& stream, const float* x, const float* gain, const float* dy, float* dx,
                            float* dgain, int rows, int cols) {
  if (dx)
    for_each(stream, int64_t(rows) * cols, [=] __device__(int64_t i) {
      const float slope = load(dy + i);
      add_to(dx + i, gain ? slope * load(gain + i % cols) : slope);
    });
  if (dgain)
    sum_columns(
        stream, rows, cols,
        [=] __device__(int row, int col) {
          const int64_t at = int64_t(row) * cols + col;
          return load(dy + at) * load(x + at);
        },
        [=] __device__(int col, float sum) { add_to(dgain + col, sum); });
}

}  // namespace graft::inline v0::cuda
