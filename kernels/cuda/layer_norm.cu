// SPDX-License-Identifier: Apache-2.0
//
// Layer normalisation (Ba et al. 2016). A row stays in a block's registers, as weight and bias do for all rows of the
// block: x is read and y written once. The variance is that of the centred values. The gradients of weight and bias are
// passes of their own.
#include "cuda/columns.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

__global__ void __launch_bounds__(kMostThreads)
    centre_rows(const float* x, const float* weight, const float* bias, Destination y, float* mean, float* inverse,
                int rows, int cols, float epsilon) {
  const RowPart gain(weight, cols), shift(bias, cols);
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const RowPart in(x + row * cols, cols);
    float sum = 0, square = 0;
    in.each(cols, [&](int, float value) { sum += value; });
    const float centre = block_reduce(sum) / float(cols);
    in.each(cols, [&](int, float value) { square += (value - centre) * (value - centre); });
    const float scale = 1 / sqrtf(block_reduce(square) / float(cols) + epsilon);
    const auto write = [&](int col, float value, float g, float b) {
      store(y, row * cols + col, (value - centre) * scale * g + b);
    };
    in.each(cols, write, gain, shift);
    if (mean && threadIdx.x == 0) {
      store(mean + row, centre);
      store(inverse + row, scale);
    }
  }
}

__global__ void __launch_bounds__(kMostThreads)
    pull_centred_rows(const float* x, const float* weight, const float* mean, const float* inverse, const float* dy,
                      GradientSum dx, int rows, int cols) {
  const RowPart gain(weight, cols);
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const RowPart in(x + row * cols, cols), slope(dy + row * cols, cols);
    const float centre = load(mean + row), scale = load(inverse + row);
    float sum = 0, product = 0;
    const auto add = [&](int, float value, float d, float g) {
      sum += d * g;
      product += d * g * ((value - centre) * scale);
    };
    in.each(cols, add, slope, gain);
    const float shift = block_reduce(sum) / float(cols), pull = block_reduce(product) / float(cols);
    const auto move = [&](int col, float value, float d, float g) {
      add_to(dx, row * cols + col, (d * g - shift - (value - centre) * scale * pull) * scale);
    };
    in.each(cols, move, slope, gain);
  }
}

}  // namespace

void layer_norm(const Stream& stream, const float* x, const float* weight, const float* bias, Destination y,
                float* mean, float* inverse, int rows, int cols, float epsilon) {
  launch(stream, centre_rows, Grid{dim3(row_blocks(rows)), row_threads(cols)}, x, weight, bias, y, mean, inverse, rows,
         cols, epsilon);
}

void layer_norm_backward(const Stream& stream, const float* x, const float* weight, const float* mean,
                         const float* inverse, const float* dy, GradientSum dx, float* dweight, float* dbias, int rows,
                         int cols) {
  if (dx)
    launch(stream, pull_centred_rows, Grid{dim3(row_blocks(rows)), row_threads(cols)}, x, weight, mean, inverse, dy, dx,
           rows, cols);
  if (dweight)
    sum_columns(
        stream, rows, cols,
        [=] __device__(int row, int col) {
          const int64_t at = int64_t(row) * cols + col;
          return load(dy + at) * (load(x + at) - load(mean + row)) * load(inverse + row);
        },
        [=] __device__(int col, float sum) { add_to(dweight + col, sum); });
  if (dbias) column_sum(stream, dy, rows, cols, dbias);
}

}  // namespace graft::inline v0::cuda
