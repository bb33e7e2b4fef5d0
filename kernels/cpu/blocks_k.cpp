// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 256 elements whose parts of 16 or 32 have small integer scales.
#include "cpu/decode.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

void q2_k(const BlockQ2_K& block, float* out) {
  const float d = from_f16(block.d), dmin = from_f16(block.dmin);
  for (int part = 0; part < 16; ++part) {
    const float scale = d * static_cast<float>(block.scales[part] & 15);
    const float minimum = dmin * static_cast<float>(block.scales[part] >> 4);
    const uint8_t* qs = block.qs + part / 8 * 32 + part % 2 * 16;
    const int shift = part % 8 / 2 * 2;
    for (int i = 0; i < 16; ++i) out[part * 16 + i] = scale * static_cast<float>(qs[i] >> shift & 3) - minimum;
  }
}

void q3_k(const BlockQ3_K& block, float* out) {
  const float d = from_f16(block.d);
  for (int part = 0; part < 16; ++part) {
    const int low = block.scales[part % 8] >> (part / 8 * 4) & 15;
    const int high = block.scales[8 + part % 4] >> (part / 4 * 2) & 3;
    const float scale = d * static_cast<float>((low | high << 4) - 32);
    const uint8_t *qs = block.qs + part / 8 * 32 + part % 2 * 16, *hmask = block.hmask + part % 2 * 16;
    const int shift = part % 8 / 2 * 2, bit = part / 2;
    for (int i = 0; i < 16; ++i)
      out[part * 16 + i] = scale * static_cast<float>((qs[i] >> shift & 3) - (hmask[i] >> bit & 1 ? 0 : 4));
  }
}

void q4_k(const BlockQ4_K& block, float* out) {
  const float d = from_f16(block.d), dmin = from_f16(block.dmin);
  for (int part = 0; part < 8; ++part) {
    const auto [scale, minimum] = part_scale(block.scales, part);
    const float s = d * static_cast<float>(scale), m = dmin * static_cast<float>(minimum);
    const uint8_t* qs = block.qs + part / 2 * 32;
    const int shift = part % 2 * 4;
    for (int i = 0; i < 32; ++i) out[part * 32 + i] = s * static_cast<float>(qs[i] >> shift & 15) - m;
  }
}

void q5_k(const BlockQ5_K& block, float* out) {
  const float d = from_f16(block.d), dmin = from_f16(block.dmin);
  for (int part = 0; part < 8; ++part) {
    const auto [scale, minimum] = part_scale(block.scales, part);
    const float s = d * static_cast<float>(scale), m = dmin * static_cast<float>(minimum);
    const uint8_t* qs = block.qs + part / 2 * 32;
    const int shift = part % 2 * 4;
    for (int i = 0; i < 32; ++i)
      out[part * 32 + i] = s * static_cast<float>((qs[i] >> shift & 15) | (block.qh[i] >> part & 1) << 4) - m;
  }
}

void q6_k(const BlockQ6_K& block, float* out) {
  const float d = from_f16(block.d);
  for (int part = 0; part < 16; ++part) {
    const float scale = d * static_cast<float>(block.scales[part]);
    const int within = part % 8;  // of a half of 128 elements
    const uint8_t* ql = block.ql + part / 8 * 64 + within % 4 * 16;
    const uint8_t* qh = block.qh + part / 8 * 32 + within % 2 * 16;
    const int low = within / 4 * 4, high = within / 2 * 2;
    for (int i = 0; i < 16; ++i)
      out[part * 16 + i] = scale * static_cast<float>(((ql[i] >> low & 15) | (qh[i] >> high & 3) << 4) - 32);
  }
}

void iq4_xs(const BlockIQ4_XS& block, float* out) {
  const float d = from_f16(block.d);
  for (int part = 0; part < 8; ++part) {
    const int scale = (block.scales_l[part / 2] >> (part % 2 * 4) & 15) | (block.scales_h >> (part * 2) & 3) << 4;
    const float s = d * static_cast<float>(scale - 32);
    for (int i = 0; i < 16; ++i) {
      const uint8_t q = block.qs[part * 16 + i];
      out[part * 32 + i] = s * static_cast<float>(kIq4Values[q & 15]);
      out[part * 32 + 16 + i] = s * static_cast<float>(kIq4Values[q >> 4]);
    }
  }
}

}  // namespace

void decode_q2_k(const void* x, float* y, int64_t n) { decode_blocks<BlockQ2_K, 256, q2_k>(x, y, n); }
void decode_q3_k(const void* x, float* y, int64_t n) { decode_blocks<BlockQ3_K, 256, q3_k>(x, y, n); }
void decode_q4_k(const void* x, float* y, int64_t n) { decode_blocks<BlockQ4_K, 256, q4_k>(x, y, n); }
void decode_q5_k(const void* x, float* y, int64_t n) { decode_blocks<BlockQ5_K, 256, q5_k>(x, y, n); }
void decode_q6_k(const void* x, float* y, int64_t n) { decode_blocks<BlockQ6_K, 256, q6_k>(x, y, n); }
void decode_iq4_xs(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ4_XS, 256, iq4_xs>(x, y, n); }

}  // namespace graft::inline v0::cpu::GRAFT_ISA
