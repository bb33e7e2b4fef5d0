// SPDX-License-Identifier: Apache-2.0
//
// Root-mean-square normalisation (Zhang & Sennrich 2019), one block a row, which stays in registers: x is read and y
// written once. The backward pass reads x and dy, moves dx, and sums the weight's gradient in a pass of its own.
#include "cuda/columns.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

__global__ void __launch_bounds__(kMostThreads)
    normalise_rows(const float* x, const float* weight, float* y, float* inverse, int cols, float epsilon, float offset) {
  const int64_t row = blockIdx.x;
  const RowPart part(x + row * cols, cols);
  float square = 0;
  part.each(cols, [&](int, float value) { square += value * value; });
  const float scale = 1 / sqrtf(block_reduce(square) / float(cols) + epsilon);
  part.each(cols, [&](int col, float value) {
    store(y + row * cols + col, value * scale * (load(weight + col) + offset));
  });
  if (inverse && threadIdx.x == 0) store(inverse + row, scale);
}

__global__ void __launch_bounds__(kMostThreads)
    pull_rows(const float* x, const float* weight, const float* inverse, const float* dy, float* dx, int cols,
              float offset) {
  const int64_t row = blockIdx.x;
  const RowPart in(x + row * cols, cols), slope(dy + row * cols, cols);
  float product = 0;
  in.each_with(slope, cols, [&](int col, float value, float d) { product += value * d * (load(weight + col) + offset); });
  const float scale = load(inverse + row);
  const float pull = block_reduce(product) * scale * scale * scale / float(cols);
  in.each_with(slope, cols, [&](int col, float value, float d) {
    add_to(dx + row * cols + col, d * (load(weight + col) + offset) * scale - value * pull);
  });
}

}  // namespace

void rms_norm(const Stream& stream, const float* x, const float* weight, float* y, float* inverse, int rows, int cols,
              float epsilon, float offset) {
  launch(stream, normalise_rows, Grid{dim3(unsigned(rows)), row_threads(cols)}, x, weight, y, inverse, cols, epsilon,
         offset);
}

void rms_norm_backward(const Stream& stream, const float* x, const float* weight, const float* inverse, const float* dy,
                       float* dx, float* dweight, int rows, int cols, float offset) {
  if (dx)
    launch(stream, pull_rows, Grid{dim3(unsigned(rows)), row_threads(cols)}, x, weight, inverse, dy, dx, cols, offset);
  if (dweight)
    sum_columns(
        stream, rows, cols,
        [=] __device__(int row, int col) {
          const int64_t at = int64_t(row) * cols + col;
          return load(x + at) * load(dy + at) * load(inverse + row);
        },
        [=] __device__(int col, float sum) { add_to(dweight + col, sum); });
}

}  // namespace graft::inline v0::cuda
