// SPDX-License-Identifier: Apache-2.0
//
// Philox4x32-10 (Salmon et al. 2011), many blocks side by side.
#pragma once

#include <math.h>

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

typedef uint64_t Wide __attribute__((vector_size(kLanes * 4)));
typedef uint32_t HalfOfWide __attribute__((vector_size(kLanes * 2)));
inline constexpr int kWide = kLanes / 2;

// The products of the lower 32 bits of each element with a word.
inline Wide multiply_lower(Wide a, uint32_t word) {
  const Wide factor = Wide{} + word;
#if defined(__AVX512F__)
  return bits<Wide>(_mm512_maskz_mul_epu32(0xff, bits<__m512i>(a), bits<__m512i>(factor)));
#elif defined(__AVX2__)
  return bits<Wide>(_mm256_mul_epu32(bits<__m256i>(a), bits<__m256i>(factor)));
#elif defined(__SSE2__)
  return bits<Wide>(_mm_mul_epu32(bits<__m128i>(a), bits<__m128i>(factor)));
#else
  return (a & 0xffffffffu) * factor;
#endif
}

// words[w][i] is word w of the block blocks[i]; `count` is a multiple of kWide. A word is the lower half of an element
// of a vector, whose upper half does not matter.
template <int count>
void philox(const RandomKey& key, const uint64_t (&blocks)[count], uint32_t (&words)[4][count]) {
  const uint64_t mixed = key.seed ^ (key.step * 0x9e3779b97f4a7c15u);
  for (int first = 0; first < count; first += kWide) {
    const Wide block = load_as<Wide>(blocks + first);
    Wide word[4] = {block, block >> 32, Wide{} + key.site, Wide{} + (key.site >> 32)};
    Wide key0 = Wide{} + mixed, key1 = Wide{} + (mixed >> 32);
    for (int round = 0; round < 10; ++round) {
      const Wide a = multiply_lower(word[0], 0xd2511f53u), b = multiply_lower(word[2], 0xcd9e8d57u);
      word[0] = (b >> 32) ^ word[1] ^ key0;
      word[1] = b;
      word[2] = (a >> 32) ^ word[3] ^ key1;
      word[3] = a;
      key0 += 0x9e3779b9u;
      key1 += 0xbb67ae85u;
    }
    for (int w = 0; w < 4; ++w) {
      const HalfOfWide lower = __builtin_convertvector(word[w], HalfOfWide);
      memcpy(words[w] + first, &lower, sizeof(lower));
    }
  }
}

// What is left of x: where the upper 24 bits of `drawn` are at least rate · 2^24.
struct Dropping {
  Int threshold;
  float scale;

  explicit Dropping(float rate)
      : threshold(Int{} + static_cast<int32_t>(ceilf(rate * 16777216.0f))), scale(1 / (1 - rate)) {}
  Vec operator()(const uint32_t* drawn, Vec x) const {
    return select(bits<Int>(load_as<UInt>(drawn) >> 8) >= threshold, x * scale, Vec{});
  }
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
