// SPDX-License-Identifier: Apache-2.0
//
// Rows of a packed matrix, decoded. The packed form is the row-major one.
#pragma once

#include "cuda/block_types.cuh"

namespace graft::inline v0::cuda {

// Rows first + i, or ids[i] where ids (of the device) are given, for i < count.
void unpack_rows(const Stream&, const PackedMatrix&, const int32_t* ids, int first, int count, float* rows);
// The same as bf16.
void unpack_rows_bf16(const Stream&, const PackedMatrix&, int first, int count, uint16_t* rows);

// A thread decodes eight elements of a row.
template <class Type, class Out>
__global__ void __launch_bounds__(kThreads) decode_rows(Type type, const char* data, const int32_t* ids, int64_t first,
                                                        int64_t row_size, int cols, int64_t count, Out* out) {
  const int64_t item = int64_t(blockIdx.x) * kThreads + threadIdx.x, parts = ceil_div(cols, 8);
  if (item >= count * parts) return;
  const int64_t row = item / parts;
  const int at = int(item % parts) * 8;
  float values[8];
  type.eight(data + (ids ? load(ids + row) : first + row) * row_size, at, cols, values);
  store_eight(out + row * cols + at, cols - at, values);
}

}  // namespace graft::inline v0::cuda
