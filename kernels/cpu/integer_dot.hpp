// SPDX-License-Identifier: Apache-2.0
//
// Dot products of 32 bytes, as eight sums of four.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

typedef uint8_t Bytes __attribute__((vector_size(32)));
typedef uint8_t HalfBytes __attribute__((vector_size(16)));
typedef int32_t Sums __attribute__((vector_size(32)));
typedef float FloatSums __attribute__((vector_size(32)));

// Unsigned bytes of at most 31 by signed ones.
inline void dot_unsigned(const Bytes& w, const int8_t* x, Sums& sums) {
#if defined(__AVX512VNNI__)
  sums = bits<Sums>(
      _mm256_dpbusd_epi32(__m256i{}, bits<__m256i>(w), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x))));
#elif defined(__AVX2__)
  const __m256i pairs = _mm256_maddubs_epi16(bits<__m256i>(w), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
  sums = bits<Sums>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#elif defined(__SSSE3__)
  for (int half = 0; half < 2; ++half) {
    __m128i a, b;
    memcpy(&a, reinterpret_cast<const char*>(&w) + half * 16, sizeof(a));
    memcpy(&b, x + half * 16, sizeof(b));
    const __m128i part = _mm_madd_epi16(_mm_maddubs_epi16(a, b), _mm_set1_epi16(1));
    memcpy(reinterpret_cast<char*>(&sums) + half * 16, &part, sizeof(part));
  }
#else
  for (int i = 0; i < 8; ++i) {
    sums[i] = 0;
    for (int j = 4 * i; j < 4 * i + 4; ++j) sums[i] += w[j] * x[j];
  }
#endif
}

// Signed bytes by signed ones above -128: magnitudes by x with the sign of w.
inline void dot_signed(const Bytes& w, const int8_t* x, Sums& sums) {
#if defined(__AVX2__)
  const __m256i v = bits<__m256i>(w), magnitude = _mm256_abs_epi8(v);
  const __m256i turned = _mm256_sign_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)), v);
#if defined(__AVX512VNNI__)
  sums = bits<Sums>(_mm256_dpbusd_epi32(__m256i{}, magnitude, turned));
#else
  sums = bits<Sums>(_mm256_madd_epi16(_mm256_maddubs_epi16(magnitude, turned), _mm256_set1_epi16(1)));
#endif
#else
  for (int i = 0; i < 8; ++i) {
    int sum = 0;
    for (int j = 4 * i; j < 4 * i + 4; ++j) sum += static_cast<int8_t>(w[j]) * x[j];
    sums[i] = sum;
  }
#endif
}

// The low and the high nibbles of 16 bytes as 32 values.
inline void split_nibbles(const uint8_t* packed, Bytes& w) {
  const HalfBytes q = load_as<HalfBytes>(packed), low = q & 15, high = q >> 4;
  w = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                              22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
}

inline void load_bytes(const void* from, Bytes& w) { memcpy(&w, from, sizeof(w)); }

// 16 where the bit of the element is set in 32 bits, else 0.
inline void spread_fifth_bits(const uint8_t* packed, Bytes& w) {
  uint32_t word;
  memcpy(&word, packed, sizeof(word));
  typedef uint32_t Words __attribute__((vector_size(32)));
  const Words words = Words{} + word;
  Bytes copies;
  memcpy(&copies, &words, sizeof(copies));
  const Bytes own = __builtin_shufflevector(copies, copies, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18,
                                            18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
  const Bytes bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                     1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  w = (Bytes)((own & bit) == bit) & 16;
}

// 32 values of five bits: nibbles and fifth bits.
inline void join_fifth_bits(const uint8_t* nibbles, const uint8_t* fifth_bits, Bytes& w) {
  Bytes high;
  split_nibbles(nibbles, w);
  spread_fifth_bits(fifth_bits, high);
  w |= high;
}

// values[index] for each of 32 indices below 16.
inline void look_up(const int8_t* values, Bytes& w) {
#if defined(__AVX2__)
  const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(values)));
  w = bits<Bytes>(_mm256_shuffle_epi8(table, bits<__m256i>(w)));
#else
  for (int i = 0; i < 32; ++i) w[i] = static_cast<uint8_t>(values[w[i]]);
#endif
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
