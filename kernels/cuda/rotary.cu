// SPDX-License-Identifier: Apache-2.0
//
// Rotary positions (Su et al. 2021): pairs of columns turn by an angle that grows with the position. A thread turns the
// same pair of all heads of a row, so that the table is read once a row; x is read and y written once.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

__device__ void put(float* y, float value, bool add) { store(y, add ? load(y) + value : value); }

// Of each row: `half` pairs, then the columns that stay.
__global__ void __launch_bounds__(kThreads)
    turn_pairs(const float* x, const float* cosine, const float* sine, float* y, int64_t count, int heads,
               int head_width, int half, bool inverse, bool add) {
  const int64_t item = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (item >= count) return;
  const int64_t row = item / (head_width - half);
  const int pair = int(item % (head_width - half));
  const int64_t first = row * heads * head_width + pair;
  const bool turns = pair < half;
  const float c = turns ? load(cosine + row * half + pair) : 0;
  const float s = turns ? (inverse ? -load(sine + row * half + pair) : load(sine + row * half + pair)) : 0;
  for (int head = 0; head < heads; ++head) {
    const int64_t at = first + int64_t(head) * head_width;
    if (turns) {
      const float a = load(x + at), b = load(x + at + half);
      put(y + at, a * c - b * s, add);
      put(y + at + half, b * c + a * s, add);
    } else {
      put(y + at + half, load(x + at + half), add);
    }
  }
}

}  // namespace

void rotary_table(const Stream& stream, const int32_t* positions, const float* inverse_frequency, float scale, int rows,
                  int half, float* cosine, float* sine) {
  const int32_t* const position = stage(stream, positions, rows);
  const float* const frequency = stage(stream, inverse_frequency, half);
  for_each(stream, int64_t(rows) * half, [=] __device__(int64_t i) {
    const float angle = float(load(position + i / half)) * load(frequency + i % half);
    store(cosine + i, scale * cosf(angle));
    store(sine + i, scale * sinf(angle));
  });
}

void rotary(const Stream& stream, const float* x, const float* cosine, const float* sine, float* y, int rows, int heads,
            int head_width, int half, bool inverse, bool add) {
  const int64_t count = int64_t(rows) * (head_width - half);
  launch(stream, turn_pairs, Grid{dim3(unsigned(ceil_div(count, kThreads)))}, x, cosine, sine, y, count, heads,
         head_width, half, inverse, add);
}

}  // namespace graft::inline v0::cuda
