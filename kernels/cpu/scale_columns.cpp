// SPDX-License-Identifier: Apache-2.0
#include "cpu/columns.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void scale_columns(const Stream& stream, const float* x, const float* gain, const float* shift, float* y, int rows,
                   int cols) {
  parallel_ranges(stream, rows, cols, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for_vectors(cols, [&](int64_t i, int lanes) {
        Vec v = load(x + row * cols + i, lanes);
        if (gain) v = v * load(gain + i, lanes);
        if (shift) v = v + load(shift + i, lanes);
        store(y + row * cols + i, v, lanes);
      });
  });
}

void scale_columns_backward(const Stream& stream, const float* x, const float* gain, const float* dy, float* dx,
                            float* dgain, int rows, int cols) {
  if (dx)
    parallel_ranges(stream, rows, cols, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        for_vectors(cols, [&](int64_t i, int lanes) {
          const Vec slope = load(dy + row * cols + i, lanes);
          float* out = dx + row * cols + i;
          store(out, load(out, lanes) + (gain ? slope * load(gain + i, lanes) : slope), lanes);
        });
    });
  if (dgain)
    sum_columns(stream, rows, cols, dgain, [&](int row, int64_t i, int lanes) {
      const int64_t at = static_cast<int64_t>(row) * cols + i;
      return load(dy + at, lanes) * load(x + at, lanes);
    });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
