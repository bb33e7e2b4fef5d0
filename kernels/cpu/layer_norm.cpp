// SPDX-License-Identifier: Apache-2.0
//
// Layer normalisation (Ba et al. 2016). The variance is that of the centred values, not a difference of two sums.
#include "cpu/columns.hpp"
#include "cpu/destination.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void layer_norm(const Stream& stream, const float* x, const float* weight, const float* bias, Destination y,
                float* mean, float* inverse, int rows, int cols, float epsilon) {
  parallel_ranges(stream, rows, 2 * static_cast<int64_t>(cols), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* in = x + row * cols;
      Vec total = {}, square = {};
      for_vectors(cols, [&](int64_t i, int lanes) { total += load(in + i, lanes); });
      const float centre = sum(total) / static_cast<float>(cols);
      const auto centred = [&](int64_t i, int lanes) { return load(in + i, lanes) - centre; };
      for_vectors(cols, [&](int64_t i, int lanes) {
        const Vec distance = keep(centred(i, lanes), lanes);
        square += distance * distance;
      });
      const float scale = 1.0f / __builtin_sqrtf(sum(square) / static_cast<float>(cols) + epsilon);
      if (mean) mean[row] = centre, inverse[row] = scale;
      for_vectors(cols, [&](int64_t i, int lanes) {
        const Vec shift = bias ? load(bias + i, lanes) : Vec{};
        store(y, row * cols + i, centred(i, lanes) * scale * load(weight + i, lanes) + shift, lanes);
      });
    }
  });
}

void layer_norm_backward(const Stream& stream, const float* x, const float* weight, const float* mean,
                         const float* inverse, const float* dy, GradientSum dx, float* dweight, float* dbias, int rows,
                         int cols) {
  const auto normalised = [&](int64_t row, int64_t i, int lanes) {
    return (load(x + row * cols + i, lanes) - mean[row]) * inverse[row];
  };
  if (dx)
    parallel_ranges(stream, rows, 2 * static_cast<int64_t>(cols), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const auto direct = [&](int64_t i, int lanes) {
          return load(dy + row * cols + i, lanes) * load(weight + i, lanes);
        };
        Vec sums = {}, products = {};
        for_vectors(cols, [&](int64_t i, int lanes) {
          sums += direct(i, lanes);
          products += direct(i, lanes) * normalised(row, i, lanes);
        });
        const float shift = sum(sums) / static_cast<float>(cols), pull = sum(products) / static_cast<float>(cols);
        for_vectors(cols, [&](int64_t i, int lanes) {
          const Vec before = load(dx, row * cols + i, lanes);
          const Vec change = (direct(i, lanes) - shift - normalised(row, i, lanes) * pull) * inverse[row];
          store(dx.data + row * cols + i, before + change, lanes);
        });
      }
    });
  if (dweight)
    sum_columns(stream, rows, cols, dweight, [&](int64_t row, int64_t i, int lanes) {
      return load(dy + row * cols + i, lanes) * normalised(row, i, lanes);
    });
  if (dbias) column_sum(stream, dy, rows, cols, dbias);
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
