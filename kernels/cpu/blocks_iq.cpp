// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 256 elements whose groups of eight or four are points of a grid, with signs, and scales a part.
#include "cpu/decode.hpp"
#include "cpu/iq_grids.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr float kIq2Values[4] = {8, 25, 43, 0};
constexpr float kIq3XxsValues[8] = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr float kIq3SValues[8] = {1, 3, 5, 7, 9, 11, 13, 15};

// Eight signs from seven bits: the number of minus signs is even.
uint32_t even_signs(uint32_t seven) { return seven | (static_cast<uint32_t>(__builtin_popcount(seven)) & 1u) << 7; }

float signed_value(float value, uint32_t signs, int i) { return signs >> i & 1 ? -value : value; }

// Eight elements of an iq2 type.
void put_iq2(float scale, uint16_t point, uint32_t signs, float* out) {
  for (int i = 0; i < 8; ++i) out[i] = scale * signed_value(kIq2Values[point >> 2 * i & 3], signs, i);
}

// Eight elements of an iq3 type: two points.
void put_iq3(float scale, uint16_t low, uint16_t high, const float* values, uint32_t signs, float* out) {
  for (int i = 0; i < 4; ++i) {
    out[i] = scale * signed_value(values[low >> 3 * i & 7], signs, i);
    out[i + 4] = scale * signed_value(values[high >> 3 * i & 7], signs, i + 4);
  }
}

// Eight elements of an iq1 type.
void put_iq1(float scale, uint16_t point, float delta, float* out) {
  for (int i = 0; i < 8; ++i) out[i] = scale * (static_cast<float>((point >> 2 * i & 3) - 1) + delta);
}

int nibble(const uint8_t* bytes, int i) { return bytes[i / 2] >> i % 2 * 4 & 15; }

void iq2_xxs(const BlockIQ2_XXS& block, float* out) {
  const float d = from_f16(block.d);
  for (int part = 0; part < 8; ++part) {
    const uint16_t* q = block.qs + part * 4;  // four indices of a byte, then four signs and a scale
    const uint32_t word = q[2] | static_cast<uint32_t>(q[3]) << 16;
    const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.25f;
    for (int i = 0; i < 4; ++i)
      put_iq2(scale, kIq2XxsGrid[q[i / 2] >> i % 2 * 8 & 255], even_signs(word >> 7 * i & 127),
              out + part * 32 + i * 8);
  }
}

void iq2_xs(const BlockIQ2_XS& block, float* out) {
  const float d = from_f16(block.d);
  for (int i = 0; i < 32; ++i) {
    const float scale = d * (0.5f + static_cast<float>(nibble(block.scales, i / 2))) * 0.25f;
    put_iq2(scale, kIq2XsGrid[block.qs[i] & 511], even_signs(block.qs[i] >> 9), out + i * 8);
  }
}

void iq2_s(const BlockIQ2_S& block, float* out) {
  const float d = from_f16(block.d);
  for (int i = 0; i < 32; ++i) {
    const float scale = d * (0.5f + static_cast<float>(nibble(block.scales, i / 2))) * 0.25f;
    const int index = block.qs[i] | (block.qh[i / 4] >> i % 4 * 2 & 3) << 8;
    put_iq2(scale, kIq2SGrid[index], block.signs[i], out + i * 8);
  }
}

void iq3_xxs(const BlockIQ3_XXS& block, float* out) {
  const float d = from_f16(block.d);
  for (int part = 0; part < 8; ++part) {
    uint32_t word;
    memcpy(&word, block.signs + part * 4, sizeof(word));
    const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.5f;
    for (int i = 0; i < 4; ++i) {
      const uint8_t* q = block.qs + part * 8 + i * 2;
      put_iq3(scale, kIq3XxsGrid[q[0]], kIq3XxsGrid[q[1]], kIq3XxsValues, even_signs(word >> 7 * i & 127),
              out + part * 32 + i * 8);
    }
  }
}

void iq3_s(const BlockIQ3_S& block, float* out) {
  const float d = from_f16(block.d);
  for (int i = 0; i < 32; ++i) {
    const float scale = d * static_cast<float>(1 + 2 * nibble(block.scales, i / 4));
    const auto point = [&](int at) { return kIq3SGrid[block.qs[at] | (block.qh[at / 8] >> at % 8 & 1) << 8]; };
    put_iq3(scale, point(2 * i), point(2 * i + 1), kIq3SValues, block.signs[i], out + i * 8);
  }
}

void iq1_s(const BlockIQ1_S& block, float* out) {
  const float d = from_f16(block.d);
  for (int part = 0; part < 8; ++part) {
    const int high = block.qh[part];
    const float scale = d * static_cast<float>(2 * (high >> 12 & 7) + 1), delta = high & 0x8000 ? -0.125f : 0.125f;
    for (int i = 0; i < 4; ++i)
      put_iq1(scale, kIq1Grid[block.qs[part * 4 + i] | (high >> 3 * i & 7) << 8], delta, out + part * 32 + i * 8);
  }
}

void iq1_m(const BlockIQ1_M& block, float* out) {
  uint32_t scale_bits = 0;  // the top nibbles of the four words
  for (int i = 0; i < 4; ++i) scale_bits |= static_cast<uint32_t>(block.scales[i] >> 12) << 4 * i;
  const float d = from_f16(static_cast<uint16_t>(scale_bits));
  for (int i = 0; i < 32; ++i) {
    const int part = i / 2, high = nibble(block.qh, i);
    const float scale = d * static_cast<float>(2 * (block.scales[part / 4] >> part % 4 * 3 & 7) + 1);
    put_iq1(scale, kIq1Grid[block.qs[i] | (high & 7) << 8], high & 8 ? -0.125f : 0.125f, out + i * 8);
  }
}

}  // namespace

void decode_iq1_s(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ1_S, 256, iq1_s>(x, y, n); }
void decode_iq1_m(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ1_M, 256, iq1_m>(x, y, n); }
void decode_iq2_xxs(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ2_XXS, 256, iq2_xxs>(x, y, n); }
void decode_iq2_xs(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ2_XS, 256, iq2_xs>(x, y, n); }
void decode_iq2_s(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ2_S, 256, iq2_s>(x, y, n); }
void decode_iq3_xxs(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ3_XXS, 256, iq3_xxs>(x, y, n); }
void decode_iq3_s(const void* x, float* y, int64_t n) { decode_blocks<BlockIQ3_S, 256, iq3_s>(x, y, n); }

}  // namespace graft::inline v0::cpu::GRAFT_ISA
