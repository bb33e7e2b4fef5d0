// SPDX-License-Identifier: Apache-2.0
//
// Batch normalisation (Ioffe & Szegedy 2015). The variance is that of the centred values, not a difference of two sums.
#include "cpu/columns.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

void scale_row(float* row, int cols, float factor) {
  for_vectors(cols, [&](int64_t i, int lanes) { store(row + i, load(row + i, lanes) * factor, lanes); });
}

void clear_row(float* row, int cols) { memset(row, 0, static_cast<size_t>(cols) * sizeof(float)); }

void add_row(const float* row, int cols, float* sum) {
  for_vectors(cols, [&](int64_t i, int lanes) { store(sum + i, load(sum + i, lanes) + load(row + i, lanes), lanes); });
}

// 1 / deviation of each column.
void invert_deviations(const float* variance, int cols, float epsilon, float* inverse) {
  for_vectors(cols, [&](int64_t i, int lanes) {
    store(inverse + i, 1.0f / square_root(load(variance + i, lanes) + epsilon), lanes);
  });
}

}  // namespace

void column_moments(const Stream& stream, const float* x, int rows, int cols, float* mean, float* variance) {
  const float share = 1.0f / static_cast<float>(rows);
  clear_row(mean, cols);
  column_sum(stream, x, rows, cols, mean);
  scale_row(mean, cols, share);
  clear_row(variance, cols);
  sum_columns(stream, rows, cols, variance, [&](int64_t row, int64_t i, int lanes) {
    const Vec centred = load(x + row * cols + i, lanes) - load(mean + i, lanes);
    return centred * centred;
  });
  scale_row(variance, cols, share);
}

void batch_norm(const Stream& stream, const float* x, const float* mean, const float* variance, const float* weight,
                const float* bias, float* y, int rows, int cols, float epsilon) {
  float* inverse = static_cast<float*>(stream.scratch(stream.context, static_cast<size_t>(cols) * sizeof(float)));
  invert_deviations(variance, cols, epsilon, inverse);
  parallel_ranges(stream, rows, 2 * static_cast<int64_t>(cols), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for_vectors(cols, [&](int64_t i, int lanes) {
        const Vec normalised = (load(x + row * cols + i, lanes) - load(mean + i, lanes)) * load(inverse + i, lanes);
        store(y + row * cols + i, normalised * load(weight + i, lanes) + load(bias + i, lanes), lanes);
      });
  });
}

void batch_norm_backward(const Stream& stream, const float* x, const float* mean, const float* variance,
                         const float* weight, const float* dy, float* dx, float* dweight, float* dbias, int rows,
                         int cols, float epsilon, bool of_batch) {
  Scratch scratch{
      static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(3 * scratch_bytes<float>(cols))))};
  float* inverse = scratch.take<float>(cols);
  float* sums = scratch.take<float>(cols);      // Σ dy
  float* products = scratch.take<float>(cols);  // Σ dy · normalised
  invert_deviations(variance, cols, epsilon, inverse);
  const auto normalised = [&](int64_t row, int64_t i, int lanes) {
    return (load(x + row * cols + i, lanes) - load(mean + i, lanes)) * load(inverse + i, lanes);
  };
  clear_row(sums, cols);
  column_sum(stream, dy, rows, cols, sums);
  clear_row(products, cols);
  sum_columns(stream, rows, cols, products, [&](int64_t row, int64_t i, int lanes) {
    return load(dy + row * cols + i, lanes) * normalised(row, i, lanes);
  });
  if (dweight) add_row(products, cols, dweight);
  if (dbias) add_row(sums, cols, dbias);
  if (!dx) return;
  const float share = of_batch ? 1.0f / static_cast<float>(rows) : 0.0f;
  parallel_ranges(stream, rows, 4 * static_cast<int64_t>(cols), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for_vectors(cols, [&](int64_t i, int lanes) {
        const Vec moved = (load(sums + i, lanes) + normalised(row, i, lanes) * load(products + i, lanes)) * share;
        const Vec change = (load(dy + row * cols + i, lanes) - moved) * load(inverse + i, lanes);
        float* out = dx + row * cols + i;
        store(out, load(out, lanes) + change * load(weight + i, lanes), lanes);
      });
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
