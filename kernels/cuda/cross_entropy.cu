// SPDX-License-Identifier: Apache-2.0
//
// The log-probability of a target under softmax, and its gradient in the place of the logits; with smoothed labels
// (Szegedy et al. 2016) that of a mixture of the target and all columns alike. One block a row. The maximum and the sum
// of exponentials come from one reading, the sum being rescaled when the maximum grows (Milakov & Gimelshein 2018); the
// gradient reads the row once more, then mostly from the cache, and writes it once.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

// Σ exp(x - top), by what is the largest so far.
struct Exponentials {
  float top, sum;
};
__device__ Exponentials joined(Exponentials a, Exponentials b) {
  const float top = fmaxf(a.top, b.top);
  if (top == -INFINITY) return {top, 0};
  return {top, a.sum * expf(a.top - top) + b.sum * expf(b.top - top)};
}

__global__ void __launch_bounds__(kMostThreads) score_rows(float* logits, const int32_t* targets, const float* weights,
                                                           int cols, float smoothing, float* log_probability) {
  const int64_t row = blockIdx.x;
  float* const x = logits + row * cols;
  const int target = load(targets + row);
  const bool counts = target >= 0;
  Exponentials own = {-INFINITY, 0};
  float linear = 0;
  if (counts)
    for (int col = int(threadIdx.x); col < cols; col += int(blockDim.x)) {
      const float value = load(x + col);
      own = joined(own, {value, 1});
    }
  const float top = block_reduce(own.top, Largest());
  const float total = block_reduce(own.sum * expf(own.top - (counts ? top : 0)));
  if (smoothing > 0 && counts)
    for (int col = int(threadIdx.x); col < cols; col += int(blockDim.x)) linear += load(x + col) - top;
  const float mean = block_reduce(linear) / float(cols);
  const float chosen = counts ? load(x + target) - top : 0;
  __syncthreads();  // the target's logit is read
  if (threadIdx.x == 0)
    store(log_probability + row, counts ? (1 - smoothing) * chosen + smoothing * mean - logf(total) : 0);
  if (!weights) return;
  const float weight = load(weights + row), scale = weight / total, share = weight * smoothing / float(cols);
  for (int col = int(threadIdx.x); col < cols; col += int(blockDim.x)) {
    float slope = 0;
    if (counts) slope = expf(load(x + col) - top) * scale - share - (col == target ? weight * (1 - smoothing) : 0);
    store(x + col, slope);
  }
}

}  // namespace

void cross_entropy(const Stream& stream, float* logits, const int32_t* targets, const float* weights, int rows,
                   int cols, float smoothing, float* log_probability) {
  launch(stream, score_rows, Grid{dim3(unsigned(rows)), row_threads(cols)}, logits, stage(stream, targets, rows),
         stage(stream, weights, rows), cols, smoothing, log_probability);
}

}  // namespace graft::inline v0::cuda
