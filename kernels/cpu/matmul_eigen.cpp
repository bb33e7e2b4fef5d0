// SPDX-License-Identifier: Apache-2.0
//
// The baseline's matmul: Eigen's packing and inner kernel, which on plain SSE or NEON are faster than ours. They work
// on columns, so the transpose is computed: cᵀ = bᵀ · aᵀ. The blocks are ours, since Eigen's own driver allocates, and
// cuts by the caches of the machine.
#include <Eigen/Core>

#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

namespace inner = Eigen::internal;
using Traits = inner::gebp_traits<float, float>;
using Result = inner::blas_data_mapper<float, int64_t, Eigen::ColMajor, Eigen::Unaligned>;

constexpr int kRows = 192, kCols = 256, kDepth = 256;  // of a task's block of c, and of the depth at once
constexpr int kPadding = 64;                           // whole packets of the last rows

// The operand of `order`, of which element (i, l) is row i at depth l.
template <int order>
using Rows = inner::const_blas_data_mapper<float, int64_t, order>;

template <int order>
void pack_left(const float* data, int64_t stride, int rows, int depth, float* out) {
  inner::gemm_pack_lhs<float, int64_t, Rows<order>, Traits::mr, Traits::LhsProgress, Traits::LhsPacket4Packing,
                       order>()(out, Rows<order>(data, stride), depth, rows);
}

template <int order>
void pack_right(const float* data, int64_t stride, int depth, int cols, float* out) {
  inner::gemm_pack_rhs<float, int64_t, Rows<order>, Traits::nr, order>()(out, Rows<order>(data, stride), depth, cols);
}

struct Block {
  int row, rows, col, cols;
};

// The memory of one worker: both packed operands, and a right operand of bf16 as floats.
struct Memory {
  static constexpr int64_t kLeft = (kCols + kPadding) * kDepth, kRight = (kRows + kPadding) * kDepth;
  static constexpr int64_t kFloats = kLeft + kRight + kCols * kDepth;
  float *left, *right, *wide;

  explicit Memory(float* memory) : left(memory), right(left + kLeft), wide(right + kRight) {}
};

void pack_halves(const uint16_t* data, int64_t stride, int cols, int depth, const Memory& memory) {
  for (int k = 0; k < depth; ++k)
    for_vectors(cols, [&](int64_t i, int lanes) {
      store(memory.wide + k * cols + i, from_bf16(load(data + k * stride + i, lanes)), lanes);
    });
  pack_left<Eigen::ColMajor>(memory.wide, cols, cols, depth, memory.left);
}

void multiply_block(const Operand& a, const Operand& b, const Result& c, const Block& block, int k, float alpha,
                    const Memory& memory) {
  inner::gebp_kernel<float, float, int64_t, Result, Traits::mr, Traits::nr, false, false> multiply;
  for (int first = 0; first < k; first += kDepth) {
    const int depth = min(kDepth, k - first);
    if (b.halves)
      pack_halves(b.halves + first * b.stride + block.col, b.stride, block.cols, depth, memory);
    else if (b.transposed)
      pack_left<Eigen::RowMajor>(b.data + block.col * b.stride + first, b.stride, block.cols, depth, memory.left);
    else
      pack_left<Eigen::ColMajor>(b.data + first * b.stride + block.col, b.stride, block.cols, depth, memory.left);
    if (a.transposed)
      pack_right<Eigen::RowMajor>(a.data + first * a.stride + block.row, a.stride, depth, block.rows, memory.right);
    else
      pack_right<Eigen::ColMajor>(a.data + block.row * a.stride + first, a.stride, depth, block.rows, memory.right);
    multiply(c.getSubMapper(block.col, block.row), memory.left, memory.right, block.cols, depth, block.rows, alpha);
  }
}

}  // namespace

void matmul(const Stream& stream, Compute, Operand a, Operand b, float* c, int64_t c_stride, int m, int n, int k,
            float alpha, bool add) {
  if (m == 0 || n == 0) return;
  const Workspace memory(stream, scratch_bytes<float>(Memory::kFloats));
  const int64_t across = ceil_div(n, kCols);
  parallel_for(stream, ceil_div(m, kRows) * across, [&](int64_t task, int worker) {
    const int row = static_cast<int>(task / across) * kRows, col = static_cast<int>(task % across) * kCols;
    const Block block = {row, min(kRows, m - row), col, min(kCols, n - col)};
    if (!add)
      for (int i = 0; i < block.rows; ++i)
        memset(c + (row + i) * c_stride + col, 0, static_cast<size_t>(block.cols) * sizeof(float));
    multiply_block(a, b, Result(c, c_stride), block, k, alpha, Memory(memory.of_worker<float>(worker)));
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
