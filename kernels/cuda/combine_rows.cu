// SPDX-License-Identifier: Apache-2.0
//
// Weighted sums of some rows of a matrix, as a mixture of experts makes them (Shazeer et al. 2017). Each row is read
// and written once; for the gradient of a weight a block owns its row.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

__global__ void __launch_bounds__(kMostThreads)
    add_weight_gradients(const float* x, const int32_t* rows, const float* dy, int used, int cols, float* dweights) {
  const int64_t k = blockIdx.x;
  const float* const in = x + int64_t(load(rows + k)) * cols;
  const float* const slope = dy + k / used * cols;
  float product = 0;
  for (int col = int(threadIdx.x); col < cols; col += int(blockDim.x)) product += load(in + col) * load(slope + col);
  product = block_reduce(product);
  if (threadIdx.x == 0) add_to(dweights + k, product);
}

}  // namespace

void combine_rows(const Stream& stream, const float* x, const int32_t* rows, const float* weights, int count, int used,
                  int cols, float* y) {
  const int32_t* const row = stage(stream, rows, int64_t(count) * used);
  for_each(stream, int64_t(count) * cols, [=] __device__(int64_t i) {
    float sum = 0;
    for (int64_t k = i / cols * used; k < (i / cols + 1) * used; ++k)
      sum += load(weights + k) * load(x + int64_t(load(row + k)) * cols + i % cols);
    store(y + i, sum);
  });
}

void combine_rows_backward(const Stream& stream, const float* x, const int32_t* rows, const float* weights,
                           const float* dy, int count, int used, int cols, float* dx, float* dweights) {
  const int64_t all = int64_t(count) * used;
  const int32_t* const row = stage(stream, rows, all);
  if (dx)
    for_each(stream, all * cols, [=] __device__(int64_t i) {
      const int64_t k = i / cols;
      add_to(dx + int64_t(load(row + k)) * cols + i % cols, load(weights + k) * load(dy + k / used * cols + i % cols));
    });
  if (dweights)
    launch(stream, add_weight_gradients, Grid{dim3(unsigned(all)), row_threads(cols)}, x, row, dy, used, cols,
           dweights);
}

}  // namespace graft::inline v0::cuda
