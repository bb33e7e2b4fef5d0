// SPDX-License-Identifier: Apache-2.0
//
// The wmma interface for tiles of 16 × 16 × 16: a lane holds eight elements in an order of our own.
#pragma once

#include <type_traits>

#include "cuda_bf16.h"
#include "cuda_runtime.h"

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major };

template <class Use, int m, int n, int k, class T, class Layout = void>
struct fragment {
  static_assert(m == 16 && n == 16 && k == 16);
  static constexpr int num_elements = 8;
  T x[num_elements];
};

template <class T>
void fill_fragment(fragment<accumulator, 16, 16, 16, T>& f, T value) {
  for (T& x : f.x) x = value;
}

// Lane l holds the elements 8 (l % 2) … of row l / 2; of a transposed matrix, of its column.
template <class Use, class T, class Layout>
__forceinline__ void load_matrix_sync(fragment<Use, 16, 16, 16, T, Layout>& f, const T* tile, unsigned stride) {
  const unsigned lane = threadIdx.x % 32;
  for (unsigned i = 0; i < 8; ++i)
    f.x[i] = graft::emulation::resolve(tile + lane / 2 * stride + lane % 2 * 8 + i, false);
  __syncwarp();
}
__forceinline__ void store_matrix_sync(float* tile, const fragment<accumulator, 16, 16, 16, float>& f, unsigned stride,
                                       layout_t) {
  const unsigned lane = threadIdx.x % 32;
  for (unsigned i = 0; i < 8; ++i)
    graft::emulation::resolve(tile + lane / 2 * stride + lane % 2 * 8 + i, true) = f.x[i];
  __syncwarp();
}

template <class LayoutA, class LayoutB>
__forceinline__ void mma_sync(fragment<accumulator, 16, 16, 16, float>& d,
                              const fragment<matrix_a, 16, 16, 16, __nv_bfloat16, LayoutA>& a,
                              const fragment<matrix_b, 16, 16, 16, __nv_bfloat16, LayoutB>& b,
                              const fragment<accumulator, 16, 16, 16, float>& c) {
  constexpr bool a_lies_by_columns = std::is_same_v<LayoutA, col_major>;
  constexpr bool b_lies_by_columns = std::is_same_v<LayoutB, col_major>;
  const unsigned lane = threadIdx.x % 32;
  float* const board = reinterpret_cast<float*>(graft::emulation::warp_board());
  for (unsigned i = 0; i < 8; ++i) {
    board[lane * 8 + i] = __bfloat162float(a.x[i]);
    board[256 + lane * 8 + i] = __bfloat162float(b.x[i]);
  }
  __syncwarp();
  const unsigned row = lane / 2;
  for (unsigned i = 0; i < 8; ++i) {
    const unsigned col = lane % 2 * 8 + i;
    float sum = c.x[i];
    for (unsigned k = 0; k < 16; ++k)
      sum += board[a_lies_by_columns ? k * 16 + row : row * 16 + k] *
             board[256 + (b_lies_by_columns ? col * 16 + k : k * 16 + col)];
    d.x[i] = sum;
  }
}

}  // namespace nvcuda::wmma
