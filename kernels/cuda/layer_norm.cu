// SPDX-License-Identifier: Apache-2.0
//
// Layer normalisation (Ba et al. 2016), one block a row, which stays in registers: x is read and y written once. The
// variance is that of the centred values. The gradients of weight and bias are passes of their own.
#include "cuda/columns.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

__global__ void __launch_bounds__(kMostThreads)
    centre_rows(const float* x, const float* weight, const float* bias, float* y, float* mean, float* inverse, int cols,
                float epsilon) {
  const int64_t row = blockIdx.x;
  const RowPart part(x + row * cols, cols);
  float sum = 0, square = 0;
  part.each(cols, [&](int, float value) { sum += value; });
  const float centre = block_reduce(sum) / float(cols);
  part.each(cols, [&](int, float value) { square += (value - centre) * (value - centre); });
  const float scale = 1 / sqrtf(block_reduce(square) / float(cols) + epsilon);
  part.each(cols, [&](int col, float value) {
    const float shift = bias ? load(bias + col) : 0;
    store(y + row * cols + col, (value - centre) * scale * load(weight + col) + shift);
  });
  if (mean && threadIdx.x == 0) {
    store(mean + row, centre);
    store(inverse + row, scale);
  }
}

__global__ void __launch_bounds__(kMostThreads)
    pull_centred_rows(const float* x, const float* weight, const float* mean, const float* inverse, const float* dy,
                      float* dx, int cols) {
  const int64_t row = blockIdx.x;
  const RowPart in(x + row * cols, cols), slope(dy + row * cols, cols);
  const float centre = load(mean + row), scale = load(inverse + row);
  float sum = 0, product = 0;
  in.each_with(slope, cols, [&](int col, float value, float d) {
    const float direct = d * load(weight + col);
    sum += direct;
    product += direct * ((value - centre) * scale);
  });
  const float shift = block_reduce(sum) / float(cols), pull = block_reduce(product) / float(cols);
  in.each_with(slope, cols, [&](int col, float value, float d) {
    add_to(dx + row * cols + col, (d * load(weight + col) - shift - (value - centre) * scale * pull) * scale);
  });
}

}  // namespace

void layer_norm(const Stream& stream, const float* x, const float* weight, const float* bias, float* y, float* mean,
                float* inverse, int rows, int cols, float epsilon) {
  launch(stream, centre_rows, Grid{dim3(unsigned(rows)), row_threads(cols)}, x, weight, bias, y, mean, inverse, cols,
         epsilon);
}

void layer_norm_backward(const Stream& stream, const float* x, const float* weight, const float* mean,
                         const float* inverse, const float* dy, float* dx, float* dweight, float* dbias, int rows,
                         int cols) {
  if (dx)
    launch(stream, pull_centred_rows, Grid{dim3(unsigned(rows)), row_threads(cols)}, x, weight, mean, inverse, dy, dx,
           cols);
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
