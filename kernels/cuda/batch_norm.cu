// SPDX-License-Identifier: Apache-2.0
//
// Batch normalisation (Ioffe & Szegedy 2015). The variance is that of the centred values, so the moments read x twice;
// the rest reads and writes each element once a pass.
#include "cuda/columns.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void column_moments(const Stream& stream, const float* x, int rows, int cols, float* mean, float* variance) {
  const float share = 1.0f / float(rows);
  sum_columns(
      stream, rows, cols, [=] __device__(int row, int col) { return load(x + int64_t(row) * cols + col); },
      [=] __device__(int col, float sum) { store(mean + col, sum * share); });
  sum_columns(
      stream, rows, cols,
      [=] __device__(int row, int col) {
        const float centred = load(x + int64_t(row) * cols + col) - load(mean + col);
        return centred * centred;
      },
      [=] __device__(int col, float sum) { store(variance + col, sum * share); });
}

void batch_norm(const Stream& stream, const float* x, const float* mean, const float* variance, const float* weight,
                const float* bias, float* y, int rows, int cols, float epsilon) {
  for_each(stream, int64_t(rows) * cols, [=] __device__(int64_t i) {
    const int64_t col = i % cols;
    const float normalised = (load(x + i) - load(mean + col)) * (1 / sqrtf(load(variance + col) + epsilon));
    store(y + i, normalised * load(weight + col) + load(bias + col));
  });
}

void batch_norm_backward(const Stream& stream, const float* x, const float* mean, const float* variance,
                         const float* weight, const float* dy, float* dx, float* dweight, float* dbias, int rows,
                         int cols, float epsilon, bool of_batch) {
  const Temporary<float> kept(stream, 2 * int64_t(cols));
  float *const sums = kept.get(), *const products = kept.get() + cols;  // Σ dy, and Σ dy · normalised
  sum_columns(
      stream, rows, cols, [=] __device__(int row, int col) { return load(dy + int64_t(row) * cols + col); },
      [=] __device__(int col, float sum) {
        store(sums + col, sum);
        if (dbias) add_to(dbias + col, sum);
      });
  sum_columns(
      stream, rows, cols,
      [=] __device__(int row, int col) {
        const int64_t at = int64_t(row) * cols + col;
        return load(dy + at) * (load(x + at) - load(mean + col)) * (1 / sqrtf(load(variance + col) + epsilon));
      },
      [=] __device__(int col, float sum) {
        store(products + col, sum);
        if (dweight) add_to(dweight + col, sum);
      });
  if (!dx) return;
  const float share = of_batch ? 1.0f / float(rows) : 0.0f;
  for_each(stream, int64_t(rows) * cols, [=] __device__(int64_t i) {
    const int64_t col = i % cols;
    const float inverse = 1 / sqrtf(load(variance + col) + epsilon);
    const float normalised = (load(x + i) - load(mean + col)) * inverse;
    const float moved = (load(sums + col) + normalised * load(products + col)) * share;
    add_to(dx + i, (load(dy + i) - moved) * inverse * load(weight + col));
  });
}

}  // namespace graft::inline v0::cuda
