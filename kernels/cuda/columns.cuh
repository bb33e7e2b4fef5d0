// SPDX-License-Identifier: Apache-2.0
//
// Sums over the rows of a matrix. A block adds a strip of 32 columns of kChunk rows, a warp every eighth of them; the
// chunks are then added in their order. Reads each element once, in lines of 128 bytes.
#pragma once

#include "cuda/device.cuh"

namespace graft::inline v0::cuda {

constexpr int kChunk = 128, kStripWarps = kThreads / kWarp;

struct StripSums {
  float of_warp[kStripWarps][kWarp];
};

// finish(column, sum of value(row, column)) where there is one chunk, else the sums of the chunks in `partial`.
template <class Value, class Finish>
__global__ void __launch_bounds__(kThreads) sum_strips(Value value, Finish finish, int rows, int cols, float* partial) {
  StripSums& sums = shared<StripSums>();
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, col = int(blockIdx.x) * kWarp + lane;
  const int first = int(blockIdx.y) * kChunk, end = smaller(rows, first + kChunk);
  float sum = 0;
  if (col < cols)
    for (int row = first + warp; row < end; row += kStripWarps) sum += value(row, col);
  store(&sums.of_warp[warp][lane], sum);
  __syncthreads();
  if (warp == 0 && col < cols) {
    for (int other = 1; other < kStripWarps; ++other) sum += load(&sums.of_warp[other][lane]);
    if (partial)
      store(partial + int64_t(blockIdx.y) * cols + col, sum);
    else
      finish(col, sum);
  }
}

template <class Finish>
__global__ void __launch_bounds__(kThreads) add_chunks(Finish finish, const float* partial, int chunks, int cols) {
  const int col = int(blockIdx.x * kThreads + threadIdx.x);
  if (col >= cols) return;
  float sum = 0;
  for (int chunk = 0; chunk < chunks; ++chunk) sum += load(partial + int64_t(chunk) * cols + col);
  finish(col, sum);
}

// finish(column, Σ over rows of value(row, column)) for each column.
template <class Value, class Finish>
void sum_columns(const Stream& stream, int rows, int cols, const Value& value, const Finish& finish) {
  const int chunks = int(larger<int64_t>(1, ceil_div(rows, kChunk)));
  const Temporary<float> partial(stream, chunks > 1 ? int64_t(chunks) * cols : 0);
  const unsigned strips = unsigned(ceil_div(cols, kWarp));
  launch(stream, sum_strips<Value, Finish>, Grid{dim3(strips, unsigned(chunks))}, value, finish, rows, cols,
         partial.get());
  if (chunks > 1)
    launch(stream, add_chunks<Finish>, Grid{dim3(unsigned(ceil_div(cols, kThreads)))}, finish, partial.get(), chunks,
           cols);
}

}  // namespace graft::inline v0::cuda
