// SPDX-License-Identifier: Apache-2.0
//
// Large products, by cuBLAS.
#pragma once

#include "cuda/runtime.hpp"

namespace graft::inline v0::cuda {

// Of a weight that is decoded for a product at once.
constexpr int64_t kTileElements = int64_t{1} << 24;

// What the operands of a product are.
enum class Form : uint8_t { f32, bf16 };

constexpr Form form_of(Compute compute) { return compute == Compute::f32 ? Form::f32 : Form::bf16; }

// A matrix of floats or of the bits of bf16: element (i, j) is data[i * stride + j], or data[j * stride + i] when
// `transposed`.
struct Side {
  const void* data = nullptr;
  int64_t stride = 0;
  bool transposed = false;
};

// c[m, n] = alpha · a[m, k] · b[k, n] (+ c when `add`), with sums in float.
void gemm(const Stream&, Form, const Side& a, const Side& b, float* c, int64_t c_stride, int m, int n, int k,
          float alpha, bool add);

// A matrix of rows × cols elements in a form, as it lies where it has that form, else as a copy. It is wanted not
// transposed: `x.transposed` is kept as a mark.
class Converted {
 public:
  Converted(const Stream&, Form, const Operand& x, int rows, int cols);
  Converted(const Stream&, Form, const PackedMatrix&, int first, int rows);
  const Side& side() const { return side_; }

 private:
  Temporary<uint16_t> halves_;
  Temporary<float> floats_;
  Side side_;
};

}  // namespace graft::inline v0::cuda
