// SPDX-License-Identifier: Apache-2.0
//
// Root-mean-square normalisation (Zhang & Sennrich 2019).
#include "cpu/columns.hpp"
#include "cpu/destination.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void rms_norm(const Stream& stream, const float* x, const float* weight, Destination y, float* inverse, int rows,
              int cols, float epsilon, float offset) {
  parallel_ranges(stream, rows, cols, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* in = x + row * cols;
      const float scale = 1.0f / __builtin_sqrtf(dot(in, in, cols) / static_cast<float>(cols) + epsilon);
      if (inverse) inverse[row] = scale;
      for_vectors(cols, [&](int64_t i, int lanes) {
        store(y, row * cols + i, load(in + i, lanes) * scale * (load(weight + i, lanes) + offset), lanes);
      });
    }
  });
}

void rms_norm_backward(const Stream& stream, const float* x, const float* weight, const float* inverse, const float* dy,
                       GradientSum dx, float* dweight, int rows, int cols, float offset) {
  if (dx)
    parallel_ranges(stream, rows, cols, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float *in = x + row * cols, *d = dy + row * cols;
        Vec products = {};
        for_vectors(cols, [&](int64_t i, int lanes) {
          products += load(in + i, lanes) * load(d + i, lanes) * (load(weight + i, lanes) + offset);
        });
        const float scale = inverse[row];
        const float pull = sum(products) * scale * scale * scale / static_cast<float>(cols);
        for_vectors(cols, [&](int64_t i, int lanes) {
          const Vec before = load(dx, row * cols + i, lanes);
          const Vec direct = load(d + i, lanes) * (load(weight + i, lanes) + offset) * scale;
          store(dx.data + row * cols + i, before + direct - load(in + i, lanes) * pull, lanes);
        });
      }
    });
  if (dweight)
    sum_columns(stream, rows, cols, dweight, [&](int row, int64_t i, int lanes) {
      const int64_t at = static_cast<int64_t>(row) * cols + i;
      return load(x + at, lanes) * load(dy + at, lanes) * inverse[row];
    });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
