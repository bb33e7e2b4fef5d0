// SPDX-License-Identifier: Apache-2.0
//
// The dtypes that are decoded at load: groups of eight that are points of a grid, ternary digits, and small floats.
#pragma once

#include "cuda/block_types.cuh"

namespace graft::inline v0::cuda {

// Eight signs from seven bits: the number of minus signs is even.
__device__ inline unsigned even_signs(unsigned seven) { return seven | (unsigned(__popc(seven)) & 1u) << 7; }

// One of a few bytes in a word.
__device__ inline float short_value(uint64_t values, int index) { return float(values >> 8 * index & 255); }
constexpr uint64_t kIq2Values = 0x002b1908u;             // 8, 25, 43
constexpr uint64_t kIq3XxsValues = 0x3e342c241c140c04u;  // 4, 12, 20, 28, 36, 44, 52, 62
constexpr uint64_t kIq3SValues = 0x0f0d0b0907050301u;    // 1, 3 … 15

__device__ inline void put_iq2(float scale, int point, unsigned signs, float (&out)[8]) {
  for (int i = 0; i < 8; ++i) {
    const float value = short_value(kIq2Values, point >> 2 * i & 3);
    out[i] = scale * (signs >> i & 1 ? -value : value);
  }
}
__device__ inline void put_iq3(float scale, int low, int high, uint64_t values, unsigned signs, float (&out)[8]) {
  for (int i = 0; i < 8; ++i) {
    const float value = short_value(values, (i < 4 ? low : high) >> 3 * (i % 4) & 7);
    out[i] = scale * (signs >> i & 1 ? -value : value);
  }
}
__device__ inline void put_iq1(float scale, int point, float delta, float (&out)[8]) {
  for (int i = 0; i < 8; ++i) out[i] = scale * (float((point >> 2 * i & 3) - 1) + delta);
}
__device__ inline int nibble(const uint8_t* bytes, int i) { return load(bytes + i / 2) >> i % 2 * 4 & 15; }

struct IQ2_XXS : Blocks<IQ2_XXS, BlockIQ2_XXS, 256> {
  const uint16_t* grid;
  explicit IQ2_XXS(const uint16_t* points) : grid(points) {}
  __device__ void part(const BlockIQ2_XXS* b, int first, float (&out)[8]) const {
    const uint16_t* const q = b->qs + first / 32 * 4;  // four indices of a byte, then four signs and a scale
    const int i = first % 32 / 8;
    const unsigned word = load(q + 2) | unsigned(load(q + 3)) << 16;
    const float scale = half_at(&b->d) * (0.5f + float(word >> 28)) * 0.25f;
    put_iq2(scale, load(grid + (load(q + i / 2) >> i % 2 * 8 & 255)), even_signs(word >> 7 * i & 127), out);
  }
};
struct IQ2_XS : Blocks<IQ2_XS, BlockIQ2_XS, 256> {
  const uint16_t* grid;
  explicit IQ2_XS(const uint16_t* points) : grid(points) {}
  __device__ void part(const BlockIQ2_XS* b, int first, float (&out)[8]) const {
    const int i = first / 8, q = load(b->qs + i);
    const float scale = half_at(&b->d) * (0.5f + float(nibble(b->scales, i / 2))) * 0.25f;
    put_iq2(scale, load(grid + (q & 511)), even_signs(unsigned(q) >> 9), out);
  }
};
struct IQ2_S : Blocks<IQ2_S, BlockIQ2_S, 256> {
  const uint16_t* grid;
  explicit IQ2_S(const uint16_t* points) : grid(points) {}
  __device__ void part(const BlockIQ2_S* b, int first, float (&out)[8]) const {
    const int i = first / 8, index = load(b->qs + i) | (load(b->qh + i / 4) >> i % 4 * 2 & 3) << 8;
    const float scale = half_at(&b->d) * (0.5f + float(nibble(b->scales, i / 2))) * 0.25f;
    put_iq2(scale, load(grid + index), load(b->signs + i), out);
  }
};
struct IQ3_XXS : Blocks<IQ3_XXS, BlockIQ3_XXS, 256> {
  const uint16_t* grid;
  explicit IQ3_XXS(const uint16_t* points) : grid(points) {}
  __device__ void part(const BlockIQ3_XXS* b, int first, float (&out)[8]) const {
    const int group = first / 32, i = first % 32 / 8;
    unsigned word = 0;
    for (int byte = 0; byte < 4; ++byte) word |= unsigned(load(b->signs + group * 4 + byte)) << 8 * byte;
    const float scale = half_at(&b->d) * (0.5f + float(word >> 28)) * 0.5f;
    const uint8_t* const q = b->qs + group * 8 + i * 2;
    put_iq3(scale, load(grid + load(q)), load(grid + load(q + 1)), kIq3XxsValues, even_signs(word >> 7 * i & 127), out);
  }
};
struct IQ3_S : Blocks<IQ3_S, BlockIQ3_S, 256> {
  const uint16_t* grid;
  explicit IQ3_S(const uint16_t* points) : grid(points) {}
  __device__ int point(const BlockIQ3_S* b, int at) const {
    return load(grid + (load(b->qs + at) | (load(b->qh + at / 8) >> at % 8 & 1) << 8));
  }
  __device__ void part(const BlockIQ3_S* b, int first, float (&out)[8]) const {
    const int i = first / 8;
    const float scale = half_at(&b->d) * float(1 + 2 * nibble(b->scales, i / 4));
    put_iq3(scale, point(b, 2 * i), point(b, 2 * i + 1), kIq3SValues, load(b->signs + i), out);
  }
};
struct IQ1_S : Blocks<IQ1_S, BlockIQ1_S, 256> {
  const uint16_t* grid;
  explicit IQ1_S(const uint16_t* points) : grid(points) {}
  __device__ void part(const BlockIQ1_S* b, int first, float (&out)[8]) const {
    const int i = first / 8, high = load(b->qh + i / 4);
    const float scale = half_at(&b->d) * float(2 * (high >> 12 & 7) + 1), delta = high & 0x8000 ? -0.125f : 0.125f;
    put_iq1(scale, load(grid + (load(b->qs + i) | (high >> 3 * (i % 4) & 7) << 8)), delta, out);
  }
};
struct IQ1_M : Blocks<IQ1_M, BlockIQ1_M, 256> {
  const uint16_t* grid;
  explicit IQ1_M(const uint16_t* points) : grid(points) {}
  __device__ void part(const BlockIQ1_M* b, int first, float (&out)[8]) const {
    unsigned d = 0;  // the top nibbles of the four words
    for (int i = 0; i < 4; ++i) d |= unsigned(load(b->scales + i) >> 12) << 4 * i;
    const int i = first / 8, group = i / 2, high = nibble(b->qh, i);
    const float scale = from_f16(uint16_t(d)) * float(2 * (load(b->scales + group / 4) >> group % 4 * 3 & 7) + 1);
    put_iq1(scale, load(grid + (load(b->qs + i) | (high & 7) << 8)), high & 8 ? -0.125f : 0.125f, out);
  }
};

// Five digits of three values a byte: all first digits of 32 bytes, then all second ones …; 16 bytes; four digits of 4.
struct TQ1_0 : Blocks<TQ1_0, BlockTQ1_0, 256> {
  __device__ void part(const BlockTQ1_0* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d);
    for (int i = 0; i < 8; ++i) {
      const int e = first + i, at = e < 160 ? e : e < 240 ? e - 160 : e - 240, bytes = e < 160 ? 32 : e < 240 ? 16 : 4;
      const uint8_t* const from = e < 160 ? b->qs : e < 240 ? b->qs + 32 : b->qh;
      int digit = load(from + at % bytes);
      for (int power = at / bytes; power > 0; --power) digit = digit * 3 & 255;
      out[i] = d * float((digit * 3 >> 8) - 1);
    }
  }
};
struct TQ2_0 : Blocks<TQ2_0, BlockTQ2_0, 256> {
  __device__ void part(const BlockTQ2_0* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d);
    for (int i = 0; i < 8; ++i)
      out[i] = d * float((load(b->qs + first / 128 * 32 + first % 32 + i) >> first % 128 / 32 * 2 & 3) - 1);
  }
};

// Twice the values of the four-bit float e2m1.
__device__ inline float twice_e2m1(int q) {
  const float size = short_value(0x0c08060403020100u, q & 7);
  return q & 8 ? -size : size;
}
__device__ inline float float_of(unsigned bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}
struct MXFP4 : Blocks<MXFP4, BlockMXFP4, 32> {
  __device__ void part(const BlockMXFP4* b, int first, float (&out)[8]) const {
    const unsigned e = load(&b->e);
    const float d = float_of(e < 2 ? 0x00200000u << e : (e - 1) << 23);  // half of 2^(e - 127), subnormal for e < 2
    for (int i = 0; i < 8; ++i) out[i] = d * twice_e2m1(load(b->qs + first % 16 + i) >> first / 16 * 4 & 15);
  }
};
struct NVFP4 : Blocks<NVFP4, BlockNVFP4, 64> {
  // Half of the unsigned eight-bit float e4m3, of which 0x7f stands for 0.
  __device__ static float half_e4m3(unsigned x) {
    const unsigned exponent = x >> 3 & 15, mantissa = x & 7;
    if (x == 0x7f) return 0;
    if (exponent == 0) return float(mantissa) * 0x1p-10f;
    return float_of((exponent + 119) << 23 | mantissa << 20);
  }
  __device__ void part(const BlockNVFP4* b, int first, float (&out)[8]) const {
    const int index = first / 16;
    const float d = half_e4m3(load(b->d + index));
    for (int i = 0; i < 8; ++i) out[i] = d * twice_e2m1(load(b->qs + index * 8 + i) >> first % 16 / 8 * 4 & 15);
  }
};

}  // namespace graft::inline v0::cuda
