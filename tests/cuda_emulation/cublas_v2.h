// SPDX-License-Identifier: Apache-2.0
//
// The one product of cuBLAS that is used, in plain loops: matrices lie by columns, as they do there.
#pragma once

#include <algorithm>
#include <vector>

#include "cuda_bf16.h"
#include "cuda_runtime.h"

using cublasHandle_t = void*;
using cublasStatus_t = int;
enum : int { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_INVALID_VALUE = 7 };
enum cublasOperation_t { CUBLAS_OP_N, CUBLAS_OP_T };
enum cudaDataType { CUDA_R_32F, CUDA_R_16BF };
enum cublasComputeType_t { CUBLAS_COMPUTE_32F };
enum cublasGemmAlgo_t { CUBLAS_GEMM_DEFAULT };

inline cublasStatus_t cublasCreate(cublasHandle_t* handle) { return *handle = nullptr, CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasDestroy(cublasHandle_t) { return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasSetStream(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
inline const char* cublasGetStatusString(cublasStatus_t) { return "invalid value"; }

namespace graft::emulation {

// A matrix of rows × cols as floats, column by column.
inline std::vector<float> columns_of(const void* address, cudaDataType type, int stride, bool transposed, int rows,
                                     int cols) {
  const size_t height = static_cast<size_t>(transposed ? cols : rows), leading = static_cast<size_t>(stride);
  const size_t width = static_cast<size_t>(transposed ? rows : cols), wide = type == CUDA_R_32F ? 4 : 2;
  const char* data = Gpu::host_address(address, (leading * (width - 1) + height) * wide);
  std::vector<float> out(static_cast<size_t>(rows) * static_cast<size_t>(cols));
  for (size_t j = 0; j < width; ++j)
    for (size_t i = 0; i < height; ++i) {
      const char* at = data + (j * leading + i) * wide;
      out[transposed ? i * static_cast<size_t>(rows) + j : j * static_cast<size_t>(rows) + i] =
          type == CUDA_R_32F ? *reinterpret_cast<const float*>(at)
                             : __bfloat162float(__ushort_as_bfloat16(*reinterpret_cast<const uint16_t*>(at)));
    }
  return out;
}

}  // namespace graft::emulation

inline cublasStatus_t cublasGemmEx(cublasHandle_t, cublasOperation_t a_op, cublasOperation_t b_op, int m, int n, int k,
                                   const void* alpha, const void* a, cudaDataType a_type, int lda, const void* b,
                                   cudaDataType b_type, int ldb, const void* beta, void* c, cudaDataType c_type,
                                   int ldc, cublasComputeType_t, cublasGemmAlgo_t) {
  using graft::emulation::columns_of;
  const bool a_turned = a_op == CUBLAS_OP_T, b_turned = b_op == CUBLAS_OP_T;
  if (m <= 0 || n <= 0 || k <= 0 || lda < (a_turned ? k : m) || ldb < (b_turned ? n : k) || ldc < m ||
      a_type != b_type || c_type != CUDA_R_32F)
    return CUBLAS_STATUS_INVALID_VALUE;
  const std::vector<float> left = columns_of(a, a_type, lda, a_turned, m, k);
  const std::vector<float> right = columns_of(b, b_type, ldb, b_turned, k, n);
  const float scale = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  const size_t size = static_cast<size_t>(ldc) * static_cast<size_t>(n - 1) + static_cast<size_t>(m);
  float* const out = reinterpret_cast<float*>(graft::emulation::Gpu::host_address(c, size * sizeof(float)));
  std::vector<float> sums(static_cast<size_t>(m));
  for (int j = 0; j < n; ++j) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (int l = 0; l < k; ++l) {
      const float factor = right[static_cast<size_t>(j) * static_cast<size_t>(k) + static_cast<size_t>(l)];
      const float* const column = &left[static_cast<size_t>(l) * static_cast<size_t>(m)];
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += column[i] * factor;
    }
    float* const to = out + static_cast<size_t>(j) * static_cast<size_t>(ldc);
    for (int i = 0; i < m; ++i) to[i] = scale * sums[static_cast<size_t>(i)] + (keep == 0 ? 0 : keep * to[i]);
  }
  return CUBLAS_STATUS_SUCCESS;
}
