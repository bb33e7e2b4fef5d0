// SPDX-License-Identifier: Apache-2.0
//
// A product of two float matrices by cuBLAS; with bf16 products the operands are rounded on the way.
#include "cuda/gemm.hpp"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

// The rows and columns of an operand as it lies.
Converted as_it_lies(const Stream& stream, Form form, const Operand& x, int rows, int cols) {
  return Converted(stream, form, x, x.transposed ? cols : rows, x.transposed ? rows : cols);
}

}  // namespace

void matmul(const Stream& stream, Compute compute, Operand a, Operand b, float* c, int64_t c_stride, int m, int n,
            int k, float alpha, bool add) {
  const Form form = form_of(compute);
  const Converted left = as_it_lies(stream, form, a, m, k), right = as_it_lies(stream, form, b, k, n);
  gemm(stream, form, left.side(), right.side(), c, c_stride, m, n, k, alpha, add);
}

}  // namespace graft::inline v0::cuda
