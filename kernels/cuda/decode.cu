// SPDX-License-Identifier: Apache-2.0
//
// Data of any dtype as floats: each block is read and each float written once. The points of a grid come with the call.
#include "cpu/iq_grids.hpp"
#include "cuda/blocks.cuh"
#include "cuda/grid_types.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

using namespace cpu::GRAFT_ISA;

template <size_t points>
const uint16_t* staged(const Stream& stream, const uint16_t (&grid)[points]) {
  return stage(stream, grid, int64_t(points));
}

// body(type) with the type of a dtype that products do not read.
template <class Body>
void with_grid_type(const Stream& stream, Dtype dtype, const Body& body) {
  switch (dtype) {
    case Dtype::iq1_s:
      return body(IQ1_S(staged(stream, kIq1Grid)));
    case Dtype::iq1_m:
      return body(IQ1_M(staged(stream, kIq1Grid)));
    case Dtype::iq2_xxs:
      return body(IQ2_XXS(staged(stream, kIq2XxsGrid)));
    case Dtype::iq2_xs:
      return body(IQ2_XS(staged(stream, kIq2XsGrid)));
    case Dtype::iq2_s:
      return body(IQ2_S(staged(stream, kIq2SGrid)));
    case Dtype::iq3_xxs:
      return body(IQ3_XXS(staged(stream, kIq3XxsGrid)));
    case Dtype::iq3_s:
      return body(IQ3_S(staged(stream, kIq3SGrid)));
    case Dtype::tq1_0:
      return body(TQ1_0());
    case Dtype::tq2_0:
      return body(TQ2_0());
    case Dtype::mxfp4:
      return body(MXFP4());
    case Dtype::nvfp4:
      return body(NVFP4());
    default:
      return;
  }
}

}  // namespace

void decode(const Stream& stream, Dtype dtype, const void* data, float* out, int64_t count) {
  // As rows of a few whole blocks, and what is left of them.
  constexpr int kRow = 1 << 12;
  const int64_t rows = count / kRow, row_size = int64_t(row_bytes(dtype, kRow));
  const char* const bytes = static_cast<const char*>(data);
  const int32_t* const in_order = nullptr;
  const auto body = [&](auto type) {
    const auto kernel = decode_rows<decltype(type), float>;
    const int64_t all = rows * (kRow / 8), rest = count % kRow;
    launch(stream, kernel, Grid{dim3(unsigned(ceil_div(all, kThreads)))}, type, bytes, in_order, 0, row_size, kRow,
           rows, out);
    launch(stream, kernel, Grid{dim3(unsigned(ceil_div(ceil_div(rest, 8), kThreads)))}, type, bytes + rows * row_size,
           in_order, 0, row_size, int(rest), 1, out + rows * kRow);
  };
  if (!with_packed_type(dtype, body)) with_grid_type(stream, dtype, body);
}

}  // namespace graft::inline v0::cuda
