// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 32 (nvfp4: 64) elements with a scale of their own. The low nibbles of a byte row hold its first half.
#include "cpu/decode.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

uint32_t word(const uint8_t* bytes) { return bits<uint32_t>(*reinterpret_cast<const uint8_t(*)[4]>(bytes)); }

void q4_0(const BlockQ4_0& block, float* out) {
  const float d = from_f16(block.d);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>((block.qs[i] & 15) - 8);
    out[i + 16] = d * static_cast<float>((block.qs[i] >> 4) - 8);
  }
}

void q4_1(const BlockQ4_1& block, float* out) {
  const float d = from_f16(block.d), m = from_f16(block.m);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(block.qs[i] & 15) + m;
    out[i + 16] = d * static_cast<float>(block.qs[i] >> 4) + m;
  }
}

void q5_0(const BlockQ5_0& block, float* out) {
  const float d = from_f16(block.d);
  const uint32_t high = word(block.qh);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(static_cast<int>((block.qs[i] & 15) | ((high >> i & 1) << 4)) - 16);
    out[i + 16] = d * static_cast<float>(static_cast<int>((block.qs[i] >> 4) | ((high >> (i + 16) & 1) << 4)) - 16);
  }
}

void q5_1(const BlockQ5_1& block, float* out) {
  const float d = from_f16(block.d), m = from_f16(block.m);
  const uint32_t high = word(block.qh);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>((block.qs[i] & 15) | ((high >> i & 1) << 4)) + m;
    out[i + 16] = d * static_cast<float>((block.qs[i] >> 4) | ((high >> (i + 16) & 1) << 4)) + m;
  }
}

void q8_0(const BlockQ8_0& block, float* out) {
  const float d = from_f16(block.d);
  for (int i = 0; i < 32; ++i) out[i] = d * static_cast<float>(block.qs[i]);
}

void iq4_nl(const BlockIQ4_NL& block, float* out) {
  const float d = from_f16(block.d);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(kIq4Values[block.qs[i] & 15]);
    out[i + 16] = d * static_cast<float>(kIq4Values[block.qs[i] >> 4]);
  }
}

// Twice the values of the four-bit float e2m1.
constexpr int8_t kTwiceE2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

void mxfp4(const BlockMXFP4& block, float* out) {
  // Half of 2^(e - 127), which is subnormal for e < 2.
  const float d = bits<float>(block.e < 2 ? 0x00200000u << block.e : static_cast<uint32_t>(block.e - 1) << 23);
  for (int i = 0; i < 16; ++i) {
    out[i] = d * static_cast<float>(kTwiceE2m1[block.qs[i] & 15]);
    out[i + 16] = d * static_cast<float>(kTwiceE2m1[block.qs[i] >> 4]);
  }
}

// Half of the unsigned eight-bit float e4m3, of which 0x7f stands for 0.
float half_e4m3(uint8_t x) {
  if (x == 0x7f) return 0;
  const int exponent = x >> 3 & 15, mantissa = x & 7;
  if (exponent == 0) return static_cast<float>(mantissa) * 0x1p-10f;
  return bits<float>(static_cast<uint32_t>(exponent + 119) << 23 | static_cast<uint32_t>(mantissa) << 20);
}

void nvfp4(const BlockNVFP4& block, float* out) {
  for (int part = 0; part < 4; ++part) {
    const float d = half_e4m3(block.d[part]);
    for (int i = 0; i < 8; ++i) {
      const uint8_t q = block.qs[part * 8 + i];
      out[part * 16 + i] = d * static_cast<float>(kTwiceE2m1[q & 15]);
      out[part * 16 + 8 + i] = d * static_cast<float>(kTwiceE2m1[q >> 4]);
    }
  }
}

}  // namespace

void decode_q4_0(const void* x, float* y, int64_t n) { decode_blocks<BlockQ4_0, 32, q4_0>(x, y, n); }
void decode_q4_1(const void* x, float* y, int64_t n) { decode_blocks<BlockQ4_1, 32, q4_1>(x, y, n); }
void decode_q5_0(const void* x, float* y, int64_t n) { decode_blocks<BlockQ5_0, 32, q5_0>(x, y, n); }
void decode_q5_1(const void* x, float* y, int64_t n) { decode_blocks<BlockQ5_1, 32, q5_1>(x, y, n); }
void decode_q8_0(const void* x, float* y, int64_t n) { decode_blocks<BlockQ8_0, 32, q8_0>(x, y, n); }
void decode_iq4_nl(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ4_NL, 32, iq4_nl>(x, y, n); }
void decode_mxfp4(const void* x, float* y, int64_t n) { decode_blocks<BlockMXFP4, 32, mxfp4>(x, y, n); }
void decode_nvfp4(const void* x, float* y, int64_t n) { decode_blocks<BlockNVFP4, 64, nvfp4>(x, y, n); }

}  // namespace graft::inline v0::cpu::GRAFT_ISA
