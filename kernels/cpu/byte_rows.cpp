// SPDX-License-Identifier: Apache-2.0
#include "cpu/byte_rows.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The largest magnitude; NaN or infinite where an element is not finite.
float magnitude_of(const float* in) {
  Vec peak = {}, poison = {};  // the latter is 0 where all is finite
  for (int i = 0; i < 32; i += kLanes) {
    const Vec v = load(in + i);
    peak = vmax(peak, vmax(v, -v));
    poison += v - v;
  }
  return largest(peak) + sum(poison);
}

void round_block(const float* in, ByteBlock& out) {
  typedef int8_t Bytes __attribute__((vector_size(kLanes)));
  const float peak = magnitude_of(in);
  const bool is_finite = peak - peak == 0;
  const float inverse = is_finite && peak > 1e-30f ? 127 / peak : 0;
  const Vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  int32_t sums[2] = {};
  for (int i = 0; i < 32; i += kLanes) {
    const Vec v = is_finite ? load(in + i) : Vec{};
    const Int rounded = bits<Int>(v * inverse + magic) - bits<Int>(magic);
    const Bytes bytes = __builtin_convertvector(rounded, Bytes);
    memcpy(out.bytes + i, &bytes, sizeof(bytes));
    sums[i / 16] += static_cast<int32_t>(sum(__builtin_convertvector(rounded, Vec)));
  }
  out.scale = peak / 127;
  out.low_sum = -sums[0];
  out.sum = -(sums[0] + sums[1]);
  out.scaled_sum = out.scale * static_cast<float>(out.sum);
}

}  // namespace

void round_rows(const Stream& stream, const float* x, int rows, const ByteRows& out) {
  parallel_ranges(stream, rows, out.cols, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t i = 0; i < out.stride(); ++i) round_block(x + row * out.cols + i * 32, out.row(row)[i]);
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
