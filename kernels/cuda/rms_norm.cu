// SPDX-License-Identifier: Apache-2.0
//
// Root-mean-square normalisation (Zhang & Sennrich 2019). A row stays in a block's registers, as the weight does for
// all rows of the block: x is read and y written once. The backward pass reads x and dy, moves dx, and sums the
// weight's gradient in a pass of its own.
#include "cuda/columns.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

__global__ void __launch_bounds__(kMostThreads)
    normalise_rows(const float* x, const float* weight, Destination y, float* inverse, int rows, int cols,
                   float epsilon, float offset) {
  const RowPart gain(weight, cols);
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const RowPart in(x + row * cols, cols);
    float square = 0;
    in.each(cols, [&](int, float value) { square += value * value; });
    const float scale = 1 / sqrtf(block_reduce(square) / float(cols) + epsilon);
    in.each(
        cols, [&](int col, float value, float g) { store(y, row * cols + col, value * scale * (g + offset)); }, gain);
    if (inverse && threadIdx.x == 0) store(inverse + row, scale);
  }
}

__global__ void __launch_bounds__(kMostThreads)
    pull_rows(const float* x, const float* weight, const float* inverse, const float* dy, GradientSum dx, int rows,
              int cols, float offset) {
  const RowPart gain(weight, cols);
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const RowPart in(x + row * cols, cols), slope(dy + row * cols, cols);
    float product = 0;
    in.each(
        cols, [&](int, float value, float d, float g) { product += value * d * (g + offset); }, slope, gain);
    const float scale = load(inverse + row);
    const float pull = block_reduce(product) * scale * scale * scale / float(cols);
    const auto move = [&](int col, float value, float d, float g) {
      add_to(dx, row * cols + col, d * (g + offset) * scale - value * pull);
    };
    in.each(cols, move, slope, gain);
  }
}

}  // namespace

void rms_norm(const Stream& stream, const float* x, const float* weight, Destination y, float* inverse, int rows,
              int cols, float epsilon, float offset) {
  launch(stream, normalise_rows, Grid{dim3(row_blocks(rows)), row_threads(cols)}, x, weight, y, inverse, rows, cols,
         epsilon, offset);
}

void rms_norm_backward(const Stream& stream, const float* x, const float* weight, const float* inverse, const float* dy,
                       GradientSum dx, float* dweight, int rows, int cols, float offset) {
  if (dx)
    launch(stream, pull_rows, Grid{dim3(row_blocks(rows)), row_threads(cols)}, x, weight, inverse, dy, dx, rows, cols,
           offset);
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
