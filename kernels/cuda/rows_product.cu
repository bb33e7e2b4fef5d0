// SPDX-License-Identifier: Apache-2.0
//
// A warp owns one output and up to kRows rows: its lanes decode the weight's row eight elements each, side by side, and
// add their shares in one order, so a row's result does not depend on the other rows. Products with weights of one
// dtype share launches, whatever their shapes and inputs (in the manner of Chen et al. 2023, "Punica"), whose
// parameters they are. The weight is read once for kRows rows; the rows come from the cache.
#include "cuda/rows_product.hpp"

#include "cuda/blocks.cuh"

namespace graft::inline v0::cuda {
namespace {

constexpr int kRows = 8, kWarps = 4;

// Of one launch, whose parameters are at most 4 KiB.
struct Products {
  static constexpr int kMost = 3840 / sizeof(RowsProduct);
  RowsProduct of[kMost];
};

template <class Type>
__global__ void __launch_bounds__(kWarps* kWarp)
    multiply_rows_of(Type type, const __grid_constant__ Products products, int64_t block_elements, int64_t block_bytes,
                     bool rounds) {
  const RowsProduct& p = products.of[blockIdx.z];
  const int lane = threadIdx.x % kWarp, output = int(blockIdx.x) * kWarps + int(threadIdx.x) / kWarp;
  const int first = int(blockIdx.y) * kRows, rows = smaller(kRows, p.rows - first), cols = p.w.cols;
  if (output >= p.w.rows || rows <= 0) return;  // a whole warp
  const char* const row = static_cast<const char*>(p.w.data) + output * (cols / block_elements * block_bytes);
  float sums[kRows] = {};
  for (int at = lane * 8; at < cols; at += kWarp * 8) {
    float w[8], x[8];
    type.eight(row, at, cols, w);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      if (r >= rows) continue;
      if (p.x.halves)
        load_eight(p.x.halves + (first + r) * p.x.stride + at, cols - at, x);
      else
        load_eight(p.x.data + (first + r) * p.x.stride + at, cols - at, x);
#pragma unroll
      for (int i = 0; i < 8; ++i) sums[r] += (rounds ? round_bf16(x[i]) : x[i]) * w[i];
    }
  }
  const float bias = p.bias ? load(p.bias + output) : 0;
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    const float sum = warp_reduce(sums[r]);
    if (r >= rows || lane != r) continue;
    float* const y = p.y + int64_t(first + r) * p.w.rows + output;
    store(y, p.add ? load(y) + p.scale * sum : p.scale * sum + bias);
  }
}

void multiply_alike(const Stream& stream, bool rounds, Dtype dtype, const Products& products, int count) {
  int outputs = 0, rows = 0;
  for (int i = 0; i < count; ++i) {
    outputs = larger(outputs, products.of[i].w.rows);
    rows = larger(rows, products.of[i].rows);
  }
  const BlockSize block = block_size(dtype);
  with_packed_type(dtype, [&](auto type) {
    launch(stream, multiply_rows_of<decltype(type)>,
           Grid{dim3(unsigned(ceil_div(outputs, kWarps)), unsigned(ceil_div(rows, kRows)), unsigned(count)),
                kWarps * kWarp},
           type, products, block.elements, block.bytes, rounds);
  });
}

}  // namespace

void multiply_rows(const Stream& stream, bool rounds, const RowsProduct* products, int count) {
  for (int first = 0; first < count; ++first) {
    const Dtype dtype = products[first].w.dtype;
    bool is_done = false;
    for (int i = 0; i < first; ++i) is_done = is_done || products[i].w.dtype == dtype;
    if (is_done) continue;
    Products alike;
    int found = 0;
    for (int i = first; i < count; ++i) {
      if (products[i].w.dtype == dtype) alike.of[found++] = products[i];
      if (found < Products::kMost && i + 1 < count) continue;
      if (found > 0) multiply_alike(stream, rounds, dtype, alike, found);
      found = 0;
    }
  }
}

}  // namespace graft::inline v0::cuda
