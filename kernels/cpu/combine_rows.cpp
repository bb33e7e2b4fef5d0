// SPDX-License-Identifier: Apache-2.0
//
// Weighted sums of some rows of a matrix, as a mixture of experts makes them (Shazeer et al. 2017). Each row is read
// and written once.
#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void combine_rows(const Stream& stream, const float* x, const int32_t* rows, const float* weights, int count, int used,
                  int cols, float* y) {
  parallel_ranges(stream, count, int64_t{used} * cols, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for_vectors(cols, [&](int64_t col, int lanes) {
        Vec sum = {};
        for (int64_t k = i * used; k < (i + 1) * used; ++k)
          sum += weights[k] * load(x + int64_t{rows[k]} * cols + col, lanes);
        store(y + i * cols + col, sum, lanes);
      });
  });
}

void combine_rows_backward(const Stream& stream, const float* x, const int32_t* rows, const float* weights,
                           const float* dy, int count, int used, int cols, float* dx, float* dweights) {
  parallel_ranges(stream, int64_t{count} * used, cols, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const int64_t row = int64_t{rows[k]} * cols;
      const float* slope = dy + k / used * cols;
      if (dweights) dweights[k] += dot(slope, x + row, cols);
      if (!dx) continue;
      for_vectors(cols, [&](int64_t col, int lanes) {
        float* out = dx + row + col;
        store(out, load(out, lanes) + weights[k] * load(slope + col, lanes), lanes);
      });
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
