// SPDX-License-Identifier: Apache-2.0
//
// Dropout with counted random numbers: Philox4x32-10 (Salmon et al. 2011). A lane computes a block of four numbers; the
// warp's 128 pass through shared memory, so that neighbours read and write neighbouring elements. Each element is read
// and written once.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

constexpr int kNumbers = 4 * kWarp, kWarps = kThreads / kWarp;

struct Numbers {
  uint4 of_lane[kWarps][kWarp];
};

__device__ uint4 philox(uint64_t seed, uint64_t site, uint64_t block) {
  uint4 w = {unsigned(block), unsigned(block >> 32), unsigned(site), unsigned(site >> 32)};
  unsigned key0 = unsigned(seed), key1 = unsigned(seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const unsigned a = w.x, c = w.z;
    w = {__umulhi(c, 0xcd9e8d57u) ^ w.y ^ key0, c * 0xcd9e8d57u, __umulhi(a, 0xd2511f53u) ^ w.w ^ key1,
         a * 0xd2511f53u};
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return w;
}

// A warp owns the numbers [128 n, 128 (n + 1)) of those that begin with the row's block.
__global__ void __launch_bounds__(kThreads)
    drop_rows(uint64_t seed, uint64_t site, const int64_t* rows_key, unsigned threshold, float scale, const float* x,
              float* y, int cols, bool add) {
  Numbers& numbers = shared<Numbers>();
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const int64_t row = blockIdx.x;
  const uint64_t number = uint64_t(rows_key ? load(rows_key + row) : row) * uint64_t(cols);
  const int64_t piece = int64_t(blockIdx.y) * (blockDim.x / kWarp) + warp;
  const int64_t first = piece * kNumbers - int64_t(number % 4);  // the column of the warp's first number
  store(&numbers.of_lane[warp][lane], philox(seed, site, number / 4 + uint64_t(piece) * kWarp + uint64_t(lane)));
  __syncwarp();
  const unsigned* const drawn = &numbers.of_lane[warp][0].x;
  for (int i = lane; i < kNumbers; i += kWarp) {
    const int64_t col = first + i;
    if (col < 0 || col >= cols) continue;
    const int64_t at = row * cols + col;
    const float value = load(x + at), kept = load(drawn + i) >> 8 >= threshold ? value * scale : 0;
    store(y + at, add ? load(y + at) + kept : kept);
  }
}

}  // namespace

void dropout(const Stream& stream, RandomKey key, const int64_t* rows_key, float rate, const float* x, float* y,
             int rows, int cols, bool add) {
  const unsigned threshold = unsigned(ceilf(rate * 16777216.0f));
  const int64_t pieces = cols > 0 ? ceil_div(int64_t(cols) + 3, kNumbers) : 0;
  const int warps = int(smaller<int64_t>(larger<int64_t>(pieces, 1), kWarps));
  launch(stream, drop_rows, Grid{dim3(unsigned(rows), unsigned(ceil_div(pieces, warps))), warps * kWarp},
         key.seed ^ (key.step * 0x9e3779b97f4a7c15u), key.site, stage(stream, rows_key, rows), threshold,
         1 / (1 - rate), x, y, cols, add);
}

}  // namespace graft::inline v0::cuda
