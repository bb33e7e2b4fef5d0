// SPDX-License-Identifier: Apache-2.0
//
// Blocks of columns out of rows, and back: each element of the blocks is read and written once.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

// Where element i of the blocks, one after the other, lies in the whole matrix.
__device__ int64_t whole_index(int64_t i, int cols, const ColumnBlocks& blocks) {
  const int64_t narrow = int64_t(blocks.count) * blocks.width, row = i / narrow, col = i % narrow;
  return row * cols + blocks.first + col / blocks.width * blocks.step + col % blocks.width;
}

}  // namespace

void copy_columns(const Stream& stream, const float* x, int rows, int cols, ColumnBlocks blocks, float* y) {
  for_each(stream, int64_t(rows) * blocks.count * blocks.width,
           [=] __device__(int64_t i) { store(y + i, load(x + whole_index(i, cols, blocks))); });
}

void copy_columns_backward(const Stream& stream, const float* dy, int rows, int cols, ColumnBlocks blocks, float* dx) {
  for_each(stream, int64_t(rows) * blocks.count * blocks.width,
           [=] __device__(int64_t i) { add_to(dx + whole_index(i, cols, blocks), load(dy + i)); });
}

}  // namespace graft::inline v0::cuda
