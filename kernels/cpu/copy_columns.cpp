// SPDX-License-Identifier: Apache-2.0
#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// body(offset in the whole matrix, offset in the blocks) for each block of each row.
template <class Body>
void for_blocks(const Stream& stream, int rows, int cols, ColumnBlocks blocks, const Body& body) {
  const int64_t narrow = static_cast<int64_t>(blocks.count) * blocks.width;
  parallel_ranges(stream, rows, narrow, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t i = 0; i < blocks.count; ++i)
        body(row * cols + blocks.first + i * blocks.step, row * narrow + i * blocks.width);
  });
}

}  // namespace

void copy_columns(const Stream& stream, const float* x, int rows, int cols, ColumnBlocks blocks, float* y) {
  const size_t bytes = static_cast<size_t>(blocks.width) * sizeof(float);
  for_blocks(stream, rows, cols, blocks, [&](int64_t from, int64_t to) { memcpy(y + to, x + from, bytes); });
}

void copy_columns_backward(const Stream& stream, const float* dy, int rows, int cols, ColumnBlocks blocks, float* dx) {
  for_blocks(stream, rows, cols, blocks, [&](int64_t to, int64_t from) {
    for_vectors(blocks.width, [&](int64_t i, int lanes) {
      store(dx + to + i, load(dx + to + i, lanes) + load(dy + from + i, lanes), lanes);
    });
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
