// SPDX-License-Identifier: Apache-2.0
//
// Adafactor (Shazeer & Stern 2018): the second moments of a matrix are the product of one factor a row and one a
// column. The moments read the gradient twice, by rows and by columns; the step reads it once more.
#include "cuda/columns.cuh"
#include "cuda/reduce.cuh"
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {
namespace {

__global__ void __launch_bounds__(kMostThreads)
    move_row_means(const float* gradient, float scale, float beta2, float epsilon, int cols, float* row_mean) {
  const int64_t row = blockIdx.x;
  float square = 0;
  for (int col = int(threadIdx.x); col < cols; col += int(blockDim.x)) {
    const float g = load(gradient + row * cols + col) * scale;
    square += g * g;
  }
  const float found = block_reduce(square) / float(cols);
  if (threadIdx.x == 0) store(row_mean + row, load(row_mean + row) * beta2 + (1 - beta2) * (found + epsilon));
}

// One block: by_row = sqrt(mean of row_mean / row_mean).
__global__ void __launch_bounds__(kThreads) invert_row_means(const float* row_mean, int rows, float* by_row) {
  double sum = 0;
  for (int row = int(threadIdx.x); row < rows; row += kThreads) sum += double(load(row_mean + row));
  const double mean = block_reduce(sum) / rows;
  for (int row = int(threadIdx.x); row < rows; row += kThreads)
    store(by_row + row, float(sqrt(mean / double(load(row_mean + row)))));
}

}  // namespace

void adafactor_moments(const Stream& stream, float scale, float beta2, float epsilon, const float* gradient, int rows,
                       int cols, float* row_mean, float* column_mean, float* by_row, float* by_column) {
  launch(stream, move_row_means, Grid{dim3(unsigned(rows)), row_threads(cols)}, gradient, scale, beta2, epsilon, cols,
         row_mean);
  launch(stream, invert_row_means, Grid{dim3(1)}, row_mean, rows, by_row);
  sum_columns(
      stream, rows, cols,
      [=] __device__(int row, int col) {
        const float g = load(gradient + int64_t(row) * cols + col) * scale;
        return g * g;
      },
      [=] __device__(int col, float found) {
        const float mean = load(column_mean + col) * beta2 + (found / float(rows) + epsilon) * (1 - beta2);
        store(column_mean + col, mean);
        store(by_column + col, 1 / sqrtf(mean));
      });
}

double adafactor_square_sum(const Stream& stream, float scale, const float* gradient, const float* by_row,
                            const float* by_column, int rows, int cols) {
  const auto square = [=] __device__(int64_t i) {
    const double update = double(scale) * double(load(gradient + i)) * double(load(by_row + i / cols)) *
                          double(load(by_column + i % cols));
    return update * update;
  };
  const Temporary<double> sum(stream, 1);
  join_all(stream, int64_t(rows) * cols, square, Sum(), sum.get());
  return fetch(stream, sum.get());
}

void adafactor(const Stream& stream, const AdafactorStep& options, const float* gradient, const float* by_row,
               const float* by_column, float* parameter, float* mean, int rows, int cols) {
  const float keep = kept_share(options.step), factor = options.step.scale * options.step.rate * options.clip;
  const float beta1 = options.beta1;
  for_each(stream, int64_t(rows) * cols, [=] __device__(int64_t i) {
    float move = load(gradient + i) * load(by_column + i % cols) * (factor * load(by_row + i / cols));
    if (mean) {
      move = load(mean + i) * beta1 + move * (1 - beta1);
      store(mean + i, move);
    }
    store(parameter + i, load(parameter + i) * keep - move);
  });
}

}  // namespace graft::inline v0::cuda
