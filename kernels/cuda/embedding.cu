// SPDX-License-Identifier: Apache-2.0
//
// Rows of a table. The gradient adds the rows of equal ids in their order: the host sorts them, and a block owns one id
// and a strip of columns. Each row is read and written once.
#include <stdlib.h>

#include "cuda/blocks.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

// The rows of one id: `count` entries of the sorted list from `first` on.
struct IdRows {
  int32_t id, first, count;
};

__global__ void __launch_bounds__(kThreads)
    add_rows(const IdRows* groups, const int32_t* order, const float* dy, int cols, float* dtable) {
  const IdRows group = load(groups + blockIdx.x);
  const int col = int(blockIdx.y * kThreads + threadIdx.x);
  if (col >= cols) return;
  float sum = 0;
  for (int i = 0; i < group.count; ++i) sum += load(dy + int64_t(load(order + group.first + i)) * cols + col);
  add_to(dtable + int64_t(group.id) * cols + col, sum);
}

int compare_keys(const void* a, const void* b) {
  const uint64_t left = *static_cast<const uint64_t*>(a), right = *static_cast<const uint64_t*>(b);
  return left < right ? -1 : left > right;
}

}  // namespace

void embedding(const Stream& stream, const PackedMatrix& table, const int32_t* ids, int rows, float* y) {
  unpack_rows(stream, table, stage(stream, ids, rows), 0, rows, y);
}

void gather_rows(const Stream& stream, const float* x, const int32_t* rows, int count, int cols, float* y) {
  const int32_t* const row = stage(stream, rows, count);
  for_each(stream, int64_t(count) * cols,
           [=] __device__(int64_t i) { store(y + i, load(x + int64_t(load(row + i / cols)) * cols + i % cols)); });
}

void embedding_backward(const Stream& stream, const int32_t* ids, const float* dy, int rows, int cols, int,
                        float* dtable) {
  const HostArray<uint64_t> keys(rows);
  int count = 0;
  for (int row = 0; row < rows; ++row)
    if (ids[row] >= 0) keys[count++] = uint64_t(ids[row]) << 32 | unsigned(row);
  qsort(keys.get(), size_t(count), sizeof(uint64_t), compare_keys);
  const HostArray<int32_t> order(count);
  const HostArray<IdRows> groups(count);
  int group_count = 0;
  for (int i = 0; i < count; ++i) {
    const int32_t id = int32_t(keys[i] >> 32);
    order[i] = int32_t(keys[i] & 0xffffffffu);
    if (group_count == 0 || groups[group_count - 1].id != id) groups[group_count++] = {id, i, 0};
    ++groups[group_count - 1].count;
  }
  launch(stream, add_rows, Grid{dim3(unsigned(group_count), unsigned(ceil_div(cols, kThreads)))},
         stage(stream, groups.get(), group_count), stage(stream, order.get(), count), dy, cols, dtable);
}

}  // namespace graft::inline v0::cuda
