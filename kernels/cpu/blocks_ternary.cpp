// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 256 elements of {-1, 0, 1}.
#include "cpu/decode.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr uint8_t kPowers[5] = {1, 3, 9, 27, 81};

// `digits` ternary digits of each of `count` bytes: all first digits, then all second ones …
float* put_digits(float d, const uint8_t* bytes, int count, int digits, float* out) {
  for (int digit = 0; digit < digits; ++digit)
    for (int i = 0; i < count; ++i) {
      const uint8_t rest = static_cast<uint8_t>(bytes[i] * kPowers[digit]);
      *out++ = d * static_cast<float>((rest * 3 >> 8) - 1);
    }
  return out;
}

void tq1_0(const BlockTQ1_0& block, float* out) {
  const float d = from_f16(block.d);
  out = put_digits(d, block.qs, 32, 5, out);
  out = put_digits(d, block.qs + 32, 16, 5, out);
  put_digits(d, block.qh, 4, 4, out);
}

void tq2_0(const BlockTQ2_0& block, float* out) {
  const float d = from_f16(block.d);
  for (int half = 0; half < 2; ++half)
    for (int pair = 0; pair < 4; ++pair)
      for (int i = 0; i < 32; ++i) *out++ = d * static_cast<float>((block.qs[half * 32 + i] >> 2 * pair & 3) - 1);
}

}  // namespace

void decode_tq1_0(const void* x, float* y, int64_t n) { decode_blocks<BlockTQ1_0, 256, tq1_0>(x, y, n); }
void decode_tq2_0(const void* x, float* y, int64_t n) { decode_blocks<BlockTQ2_0, 256, tq2_0>(x, y, n); }

}  // namespace graft::inline v0::cpu::GRAFT_ISA
