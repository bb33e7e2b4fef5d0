// SPDX-License-Identifier: Apache-2.0
//
// Packing copies: products read blocks as files hold them.
#include "cuda/blocks.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

template <class Out>
void unpack_as(const Stream& stream, const PackedMatrix& w, const int32_t* ids, int first, int count, Out* rows) {
  const int64_t items = int64_t(count) * ceil_div(w.cols, 8);
  with_packed_type(w.dtype, [&](auto type) {
    launch(stream, decode_rows<decltype(type), Out>, Grid{dim3(unsigned(ceil_div(items, kThreads)))}, type,
           static_cast<const char*>(w.data), ids, first, int64_t(row_bytes(w.dtype, w.cols)), w.cols, count, rows);
  });
}

}  // namespace

bool packs(Dtype dtype) {
  return with_packed_type(dtype, [](auto) {});
}

size_t packed_bytes(Dtype dtype, int rows, int cols) { return row_bytes(dtype, round_up(rows, 32) * cols); }

void pack(const Stream& stream, Dtype dtype, const void* rows, int first, int count, void* packed, int, int cols) {
  char* const to = static_cast<char*>(packed) + row_bytes(dtype, int64_t(first) * cols);
  memory.copy(stream, rows, to, row_bytes(dtype, int64_t(count) * cols));
}

void unpack(const Stream& stream, const PackedMatrix& w, int first, int count, float* rows) {
  unpack_rows(stream, w, nullptr, first, count, rows);
}

void unpack_rows(const Stream& stream, const PackedMatrix& w, const int32_t* ids, int first, int count, float* rows) {
  unpack_as(stream, w, ids, first, count, rows);
}

void unpack_rows_bf16(const Stream& stream, const PackedMatrix& w, int first, int count, uint16_t* rows) {
  unpack_as(stream, w, nullptr, first, count, rows);
}

}  // namespace graft::inline v0::cuda
