// SPDX-License-Identifier: Apache-2.0
//
// One double of many values, in one order: a block joins kPiece of them, and one block joins what the blocks found.
#pragma once

#include "cuda/device.cuh"

namespace graft::inline v0::cuda {

constexpr int64_t kPiece = 32 * kThreads;

template <class Value, class Join>
__global__ void __launch_bounds__(kThreads)
    join_pieces(Value value, Join join, int64_t piece, int64_t count, double* out) {
  const int64_t first = int64_t(blockIdx.x) * piece, end = smaller(count, first + piece);
  double found = 0;
  for (int64_t i = first + threadIdx.x; i < end; i += kThreads) found = join(found, double(value(i)));
  found = block_reduce(found, join);
  if (threadIdx.x == 0) store(out + blockIdx.x, found);
}

// *total = join of 0 and value(i) for all i below `count`.
template <class Value, class Join>
void join_all(const Stream& stream, int64_t count, const Value& value, const Join& join, double* total) {
  const int64_t pieces = ceil_div(count, kPiece);
  const Temporary<double> kept(stream, pieces);
  double* const partial = kept.get();
  launch(stream, join_pieces<Value, Join>, Grid{dim3(unsigned(pieces))}, value, join, kPiece, count, partial);
  const auto of_piece = [=] __device__(int64_t i) { return load(partial + i); };
  launch(stream, join_pieces<decltype(of_piece), Join>, Grid{dim3(1)}, of_piece, join, pieces, pieces, total);
}

}  // namespace graft::inline v0::cuda
