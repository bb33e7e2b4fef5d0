// SPDX-License-Identifier: Apache-2.0
#include "cpu/byte_rows.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

typedef int8_t Bytes __attribute__((vector_size(kLanes)));

// The largest magnitude. As integers, what is not finite is larger than all floats.
float magnitude_of(const float* in) {
  Int peak = {};
  for (int i = 0; i < 32; i += kLanes) {
    const Int magnitude = load_as<Int>(in + i) & 0x7fffffff;
    peak = magnitude > peak ? magnitude : peak;
  }
  return bits<float>(fold(peak, [](auto a, auto b) { return a > b ? a : b; }));
}

void round_block(const float* in, ByteBlock& out) {
  const float peak = magnitude_of(in);
  const bool is_finite = peak - peak == 0;
  const float inverse = is_finite && peak > 1e-30f ? 127 / peak : 0;
  const Vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  Int both = {};                         // the sum of the first half, and 2^16 times that of the second
  for (int i = 0; i < 32; i += kLanes) {
    const Vec v = is_finite ? load(in + i) : Vec{};
    const Int rounded = bits<Int>(v * inverse + magic) - bits<Int>(magic);
    const Bytes bytes = __builtin_convertvector(rounded, Bytes);
    memcpy(out.bytes + i, &bytes, sizeof(bytes));
    both += i < 16 ? rounded : rounded << 16;
  }
  const int32_t total = fold(both, [](auto a, auto b) { return a + b; });
  const int32_t low = static_cast<int16_t>(total), high = (total - low) >> 16;
  out.scale = peak * (1 / 127.0f);
  out.sum = -(low + high);
  out.low_sum = -low;
  out.scaled_sum = out.scale * static_cast<float>(out.sum);
}

}  // namespace

void round_rows(const float* x, int64_t first, int64_t end, const ByteRows& out) {
  for (int64_t row = first; row < end; ++row)
    for (int64_t i = 0; i < out.stride(); ++i) round_block(x + row * out.cols + i * 32, out.row(row)[i]);
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
