// SPDX-License-Identifier: Apache-2.0
//
// The log-probability of a target under softmax, and its gradient in the place of the logits; with smoothed labels
// (Szegedy et al. 2016) that of a mixture of the target and all columns alike. A block keeps a row, in registers and in
// shared memory, up to 44,032 columns: these are read and written once, what lies beyond is read again for the
// gradient. The maximum and the sum of exponentials come from one pass, the sum being rescaled when the maximum grows
// (Milakov & Gimelshein 2018).
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

// Σ exp(x - top), by what is the largest so far.
struct Exponentials {
  float top, sum;
};
__device__ void add(Exponentials& all, float x) {
  if (x == -INFINITY) return;
  const float e = expf(-fabsf(x - all.top));
  all.sum = x > all.top ? all.sum * e + 1 : all.sum + e;
  all.top = fmaxf(all.top, x);
}

constexpr int kFewThreads = 128;
constexpr int kInRegisters = 32, kInShared = 11;  // logits of a thread

template <int threads>
struct SharedLogits {
  float of[kInShared * threads];
};

// A thread's columns of a row, as RowPart, with more of them kept. In a block of a fixed size each is a constant away
// from the first; else their addresses would take the registers.
template <int threads>
class LongRow {
 public:
  __device__ LongRow(const float* row, int cols) : row_(row), shared_(shared<SharedLogits<threads>>().of) {
#pragma unroll
    for (int i = 0; i < kInRegisters; ++i) kept_[i] = column(i) < cols ? load(row + column(i)) : 0;
    for (int i = 0; i < kInShared && column(kInRegisters + i) < cols; ++i)
      store(shared_ + column(i), load(row + column(kInRegisters + i)));
  }
  // body(column, value)
  template <class Body>
  __device__ void each(int cols, const Body& body) const {
#pragma unroll
    for (int i = 0; i < kInRegisters; ++i)
      if (column(i) < cols) body(column(i), kept_[i]);
    for (int i = kInRegisters, col = column(i); col < cols; col = column(++i))
      body(col, i < kInRegisters + kInShared ? load(shared_ + column(i - kInRegisters)) : load(row_ + col));
  }

 private:
  __device__ static int column(int i) { return int(threadIdx.x) + i * threads; }

  const float* row_;
  float* shared_;
  float kept_[kInRegisters];
};

template <int threads>
__global__ void __launch_bounds__(threads) score_rows(float* logits, const int32_t* targets, const float* weights,
                                                      int cols, float smoothing, float* log_probability) {
  const int64_t row = blockIdx.x;
  float* const x = logits + row * cols;
  const int target = load(targets + row);
  const bool counts = target >= 0;
  const LongRow<threads> part(x, counts ? cols : 0);
  Exponentials own = {-INFINITY, 0};
  part.each(counts ? cols : 0, [&](int, float value) { add(own, value); });
  const float top = block_reduce(own.top, Largest());
  const float total = block_reduce(own.sum * expf(own.top - (counts ? top : 0)));
  float linear = 0;
  if (smoothing > 0 && counts) part.each(cols, [&](int, float value) { linear += value - top; });
  const float mean = block_reduce(linear) / float(cols);
  const float chosen = counts ? load(x + target) - top : 0;
  __syncthreads();  // the target's logit is read
  if (threadIdx.x == 0)
    store(log_probability + row, counts ? (1 - smoothing) * chosen + smoothing * mean - logf(total) : 0);
  if (!weights) return;
  const float weight = load(weights + row), scale = weight / total, share = weight * smoothing / float(cols);
  part.each(cols, [&](int col, float value) {
    const float slope = expf(value - top) * scale - share - (col == target ? weight * (1 - smoothing) : 0);
    store(x + col, counts ? slope : 0);  // what a row without a target kept does not matter
  });
}

}  // namespace

void cross_entropy(const Stream& stream, float* logits, const int32_t* targets, const float* weights, int rows,
                   int cols, float smoothing, float* log_probability) {
  const bool is_short = cols <= kInRegisters * kFewThreads;
  launch(stream, is_short ? score_rows<kFewThreads> : score_rows<kLargestBlock>,
         Grid{dim3(unsigned(rows)), is_short ? kFewThreads : kLargestBlock}, logits, stage(stream, targets, rows),
         stage(stream, weights, rows), cols, smoothing, log_probability);
}

}  // namespace graft::inline v0::cuda
