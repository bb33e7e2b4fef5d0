// SPDX-License-Identifier: Apache-2.0
#include "cpu/strided.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Rows whose sums fit in the registers, two vectors each.
#if defined(__AVX512F__)
constexpr int kMostRows = 8;
#else
constexpr int kMostRows = 4;
#endif

template <int rows, int vectors, bool transposed>
void multiply_strip(const float* left, int64_t left_stride, const Rows& right, const MutableRows& c, int cols,
                    int steps, bool adds) {
  Vec sums[rows][vectors] = {};
  const float* b = right.data;
  for (int step = 0; step < steps; ++step, b += right.stride) {
    Vec values[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) values[v] = load(b + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const float a = transposed ? left[r] : left[r * left_stride];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sums[r][v] += a * values[v];
    }
    left += transposed ? left_stride : 1;
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      float* out = c.data + r * c.stride + v * kLanes;
      const int lanes = min(kLanes, cols - v * kLanes);
      store(out, adds ? sums[r][v] + load(out, lanes) : sums[r][v], lanes);
    }
}

template <int rows, bool transposed>
void multiply_rows(const float* left, int64_t left_stride, const Rows& right, const MutableRows& c, int cols, int steps,
                   bool adds) {
  for (int col = 0; col < cols; col += 2 * kLanes) {
    const Rows from = {right.data + col, right.stride};
    const MutableRows to = {c.data + col, c.stride};
    if (cols - col > kLanes)
      multiply_strip<rows, 2, transposed>(left, left_stride, from, to, cols - col, steps, adds);
    else
      multiply_strip<rows, 1, transposed>(left, left_stride, from, to, cols - col, steps, adds);
  }
}

// As many rows as possible at once, the rest by halves.
template <int rows, bool transposed>
void multiply_all(const LeftOperand& left, const Rows& right, const MutableRows& c, int begin, int end, int cols,
                  int steps, bool adds) {
  for (; begin + rows <= end; begin += rows)
    multiply_rows<rows, transposed>(left.data + (transposed ? begin : begin * left.stride), left.stride, right,
                                    {c.data + begin * c.stride, c.stride}, cols, steps, adds);
  if constexpr (rows > 1) multiply_all<rows / 2, transposed>(left, right, c, begin, end, cols, steps, adds);
}

}  // namespace

void multiply_strided(const LeftOperand& left, const Rows& right, const MutableRows& c, int rows, int cols, int steps,
                      bool adds) {
  if (left.transposed)
    multiply_all<kMostRows, true>(left, right, c, 0, rows, cols, steps, adds);
  else
    multiply_all<kMostRows, false>(left, right, c, 0, rows, cols, steps, adds);
}

}  // namespace graft::v0::cpu::GRAFT_ISA
