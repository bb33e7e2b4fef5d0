// SPDX-License-Identifier: Apache-2.0
//
// A row-major product is the column-major one of the transposes, in the other order. cuBLAS sums in float and, on one
// stream, in the same order each time.
#include "cuda/gemm.hpp"

#include <stdio.h>

#include "cuda/blocks.cuh"

namespace graft::inline v0::cuda {
namespace {

// Where it is in the other form already: bf16 in the place of floats.
bool needs_halves(Form form, const Operand& x) { return form == Form::bf16 && !x.halves; }
bool needs_floats(Form form, const Operand& x) { return form == Form::f32 && !x.data; }
bool needs_halves(Form form, const PackedMatrix& w) { return form == Form::bf16 && w.dtype != Dtype::bf16; }
bool needs_floats(Form form, const PackedMatrix& w) { return form == Form::f32 && w.dtype != Dtype::f32; }

void round_elements(const Stream& stream, const float* from, int64_t stride, int rows, int cols, uint16_t* out) {
  for_each(stream, int64_t(rows) * cols,
           [=] __device__(int64_t i) { store(out + i, to_bf16(load(from + i / cols * stride + i % cols))); });
}
void widen_elements(const Stream& stream, const uint16_t* from, int64_t stride, int rows, int cols, float* out) {
  for_each(stream, int64_t(rows) * cols,
           [=] __device__(int64_t i) { store(out + i, from_bf16(load(from + i / cols * stride + i % cols))); });
}
void clear_elements(const Stream& stream, int64_t stride, int rows, int cols, float* out) {
  for_each(stream, int64_t(rows) * cols,
           [=] __device__(int64_t i) { store(out + i / cols * stride + i % cols, 0.0f); });
}

}  // namespace

void gemm(const Stream& stream, Form form, const Side& a, const Side& b, float* c, int64_t c_stride, int m, int n,
          int k, float alpha, bool add) {
  if (m == 0 || n == 0 || (k == 0 && add)) return;
  if (k == 0) return clear_elements(stream, c_stride, m, n, c);
  const float beta = add ? 1 : 0;
  const cudaDataType type = form == Form::f32 ? CUDA_R_32F : CUDA_R_16BF;
  const auto operation = [](const Side& side) { return side.transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
  const cublasStatus_t status =
      cublasGemmEx(cublas(stream), operation(b), operation(a), n, m, k, &alpha, b.data, type, int(b.stride), a.data,
                   type, int(a.stride), &beta, c, CUDA_R_32F, int(c_stride), CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
  if (status == CUBLAS_STATUS_SUCCESS) return note(queue_of(stream));
  char shape[120];
  snprintf(shape, sizeof(shape), "%s (%d x %d x %d, strides %lld %lld %lld)", cublasGetStatusString(status), m, n, k,
           (long long)a.stride, (long long)b.stride, (long long)c_stride);
  fail(false, "cublasGemmEx", 0, shape);
}

Converted::Converted(const Stream& stream, Form form, const Operand& x, int rows, int cols)
    : halves_(stream, needs_halves(form, x) ? int64_t(rows) * cols : 0),
      floats_(stream, needs_floats(form, x) ? int64_t(rows) * cols : 0) {
  if (halves_.get()) {
    round_elements(stream, x.data, x.stride, rows, cols, halves_.get());
    side_ = {halves_.get(), cols, x.transposed};
  } else if (floats_.get()) {
    widen_elements(stream, x.halves, x.stride, rows, cols, floats_.get());
    side_ = {floats_.get(), cols, x.transposed};
  } else {
    side_ = {form == Form::f32 ? static_cast<const void*>(x.data) : x.halves, x.stride, x.transposed};
  }
}

Converted::Converted(const Stream& stream, Form form, const PackedMatrix& w, int first, int rows)
    : halves_(stream, needs_halves(form, w) ? int64_t(rows) * w.cols : 0),
      floats_(stream, needs_floats(form, w) ? int64_t(rows) * w.cols : 0) {
  if (halves_.get()) {
    unpack_rows_bf16(stream, w, first, rows, halves_.get());
    side_ = {halves_.get(), w.cols};
  } else if (floats_.get()) {
    unpack_rows(stream, w, nullptr, first, rows, floats_.get());
    side_ = {floats_.get(), w.cols};
  } else {
    const size_t begin = row_bytes(w.dtype, int64_t(first) * w.cols);
    side_ = {static_cast<const char*>(w.data) + begin, w.cols};
  }
}

}  // namespace graft::inline v0::cuda
