// SPDX-License-Identifier: Apache-2.0
//
// The largest of each row. A block keeps the keys of a piece of a row in registers and takes out the largest of them,
// one after the other; what the pieces give is a shorter row, until one piece is left. The row is read once.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

constexpr int kPieceKeys = kKept * kThreads;

// Orders as the values do, and equals by their columns; 0: nothing.
__device__ uint64_t key_of(float value, int column) {
  if (!(value > -INFINITY)) return 0;
  const uint32_t bits = __float_as_uint(value + 0.0f);  // which makes one zero of both
  const uint32_t ordered = bits >> 31 ? ~bits : bits | 0x80000000u;
  return uint64_t(ordered) << 32 | uint32_t(~column);
}
__device__ float value_of(uint64_t key) {
  const uint32_t ordered = uint32_t(key >> 32);
  return key == 0 ? -INFINITY : __uint_as_float(ordered >> 31 ? ordered & 0x7fffffffu : ~ordered);
}

// The keys of each row's pieces, read(row, i) for i below `length`, become `count` a piece.
template <class Read>
__global__ void __launch_bounds__(kThreads) take_largest(Read read, int length, int count, uint64_t* out) {
  uint64_t kept[kKept];
#pragma unroll
  for (int i = 0; i < kKept; ++i) {
    const int at = int(blockIdx.x) * kPieceKeys + i * kThreads + int(threadIdx.x);
    kept[i] = at < length ? read(int64_t(blockIdx.y), at) : 0;
  }
  uint64_t* const of_piece = out + (int64_t(blockIdx.y) * gridDim.x + blockIdx.x) * count;
  for (int n = 0; n < count; ++n) {
    uint64_t best = 0;
#pragma unroll
    for (int i = 0; i < kKept; ++i) best = larger(best, kept[i]);
    best = block_reduce(best, Largest());
#pragma unroll
    for (int i = 0; i < kKept; ++i)
      if (kept[i] == best) kept[i] = 0;
    if (threadIdx.x == 0) store(of_piece + n, best);
  }
}

int pieces_of(int length) { return int(ceil_div(length, kPieceKeys)); }

template <class Read>
void take(const Stream& stream, const Read& read, int rows, int length, int count, uint64_t* out) {
  launch(stream, take_largest<Read>, Grid{dim3(unsigned(pieces_of(length)), unsigned(rows))}, read, length, count, out);
}

}  // namespace

void largest(const Stream& stream, const float* x, int rows, int cols, int count, int32_t* columns, float* values) {
  int pieces = larger(1, pieces_of(cols));
  const int64_t size = int64_t(rows) * pieces * count;
  const Temporary<uint64_t> keys(stream, size), others(stream, size);
  uint64_t *from = keys.get(), *to = others.get();
  take(
      stream, [=] __device__(int64_t row, int i) { return key_of(load(x + row * cols + i), i); }, rows, cols, count,
      from);
  while (pieces > 1) {
    const int length = pieces * count;
    const uint64_t* const found = from;
    take(
        stream, [=] __device__(int64_t row, int i) { return load(found + row * length + i); }, rows, length, count, to);
    pieces = pieces_of(length);
    uint64_t* const used = from;
    from = to;
    to = used;
  }
  const uint64_t* const found = from;
  for_each(stream, int64_t(rows) * count, [=] __device__(int64_t i) {
    const uint64_t key = load(found + i);
    store(columns + i, key == 0 ? -1 : int32_t(~uint32_t(key)));
    store(values + i, value_of(key));
  });
}

}  // namespace graft::inline v0::cuda
