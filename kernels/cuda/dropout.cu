// SPDX-License-Identifier: Apache-2.0
//
// Dropout with counted random numbers. A lane computes a block of four numbers; the
// warp's 128 pass through shared memory, so that neighbours read and write neighbouring elements. Each element is read
// and written once.
#include "cuda/philox.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

constexpr int kNumbers = 4 * kWarp, kWarps = kThreads / kWarp;

struct Numbers {
  uint4 of_lane[kWarps][kWarp];
};

// A warp owns the numbers [128 n, 128 (n + 1)) of those that begin with the row's block.
__global__ void __launch_bounds__(kThreads)
    drop_rows(Dropping drop, const int64_t* rows_key, const float* x, float* y, int cols, bool add) {
  Numbers& numbers = shared<Numbers>();
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const int64_t row = blockIdx.x;
  const uint64_t number = uint64_t(rows_key ? load(rows_key + row) : row) * uint64_t(cols);
  const int64_t piece = int64_t(blockIdx.y) * (blockDim.x / kWarp) + warp;
  const int64_t first = piece * kNumbers - int64_t(number % 4);  // the column of the warp's first number
  store(&numbers.of_lane[warp][lane], philox(drop, number / 4 + uint64_t(piece) * kWarp + uint64_t(lane)));
  __syncwarp();
  const unsigned* const drawn = &numbers.of_lane[warp][0].x;
  for (int i = lane; i < kNumbers; i += kWarp) {
    const int64_t col = first + i;
    if (col < 0 || col >= cols) continue;
    const int64_t at = row * cols + col;
    const float kept = drop.of(load(drawn + i), load(x + at));
    store(y + at, add ? load(y + at) + kept : kept);
  }
}

}  // namespace

void dropout(const Stream& stream, RandomKey key, const int64_t* rows_key, float rate, const float* x, float* y,
             int rows, int cols, bool add) {
  const int64_t pieces = cols > 0 ? ceil_div(int64_t(cols) + 3, kNumbers) : 0;
  const int warps = int(smaller<int64_t>(larger<int64_t>(pieces, 1), kWarps));
  launch(stream, drop_rows, Grid{dim3(unsigned(rows), unsigned(ceil_div(pieces, warps))), warps * kWarp},
         dropping(rate, key), stage(stream, rows_key, rows), x, y, cols, add);
}

}  // namespace graft::inline v0::cuda
