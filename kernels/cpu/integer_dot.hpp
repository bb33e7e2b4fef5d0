// SPDX-License-Identifier: Apache-2.0
//
// Dot products of bytes, four a lane: unsigned weights by a signed row, summed in integers.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// Four bytes of each of kLanes outputs.
typedef uint8_t Quads __attribute__((vector_size(kLanes * 4)));

#if defined(__AVX512VNNI__)
inline constexpr bool kAddsQuads = true;
inline Int add_quads(Int sum, Quads w, Int x) {
  return bits<Int>(_mm512_dpbusd_epi32(bits<__m512i>(sum), bits<__m512i>(w), bits<__m512i>(x)));
}
#else
inline constexpr bool kAddsQuads = false;
#endif

#if defined(__SSSE3__)
inline constexpr bool kAddsPairs = !kAddsQuads;
typedef int16_t Pairs __attribute__((vector_size(kLanes * 4)));
// Sums of two products each, which must fit 16 bits. The second form takes signed weights, and rows above -128.
#if defined(__AVX512BW__)
inline Pairs multiply_unsigned(Quads w, Int x) {
  return bits<Pairs>(_mm512_maddubs_epi16(bits<__m512i>(w), bits<__m512i>(x)));
}
inline Pairs multiply_signed(Quads w, Int x) {
  const __m512i v = bits<__m512i>(w), row = bits<__m512i>(x);
  const __m512i turned = _mm512_mask_sub_epi8(row, _mm512_movepi8_mask(v), __m512i{}, row);
  return bits<Pairs>(_mm512_maddubs_epi16(_mm512_abs_epi8(v), turned));
}
inline Int add_pairs(Pairs pairs) { return bits<Int>(_mm512_madd_epi16(bits<__m512i>(pairs), _mm512_set1_epi16(1))); }
#elif defined(__AVX2__)
inline Pairs multiply_unsigned(Quads w, Int x) {
  return bits<Pairs>(_mm256_maddubs_epi16(bits<__m256i>(w), bits<__m256i>(x)));
}
inline Pairs multiply_signed(Quads w, Int x) {
  const __m256i v = bits<__m256i>(w);
  return bits<Pairs>(_mm256_maddubs_epi16(_mm256_abs_epi8(v), _mm256_sign_epi8(bits<__m256i>(x), v)));
}
inline Int add_pairs(Pairs pairs) { return bits<Int>(_mm256_madd_epi16(bits<__m256i>(pairs), _mm256_set1_epi16(1))); }
#else
inline Pairs multiply_unsigned(Quads w, Int x) {
  return bits<Pairs>(_mm_maddubs_epi16(bits<__m128i>(w), bits<__m128i>(x)));
}
inline Pairs multiply_signed(Quads w, Int x) {
  const __m128i v = bits<__m128i>(w);
  return bits<Pairs>(_mm_maddubs_epi16(_mm_abs_epi8(v), _mm_sign_epi8(bits<__m128i>(x), v)));
}
inline Int add_pairs(Pairs pairs) { return bits<Int>(_mm_madd_epi16(bits<__m128i>(pairs), _mm_set1_epi16(1))); }
#endif
#else
inline constexpr bool kAddsPairs = false;
struct Pairs {};
#endif

// Σ (w - offset) · x of `steps` quads of bytes w of at most `largest`. The offset, a power of two or 0, is taken off by
// its product with the sum of x, which comes negated.
template <int largest, int offset, int steps>
class Dot {
  // Bytes that would overflow 16 bits become signed first.
  static constexpr bool kSigned = kAddsPairs && largest > 127;
  // Steps whose sums of two products fit 16 bits together.
  static constexpr int kRun = kSigned ? 1 : min(steps, 32767 / (largest * 254));

 public:
  void start(int32_t negated_sum) {
    sum_ = Int{};
    if constexpr (offset > 0 && !kSigned) sum_ = (sum_ + negated_sum) << __builtin_ctz(offset);
  }

  void add(Quads w, Int x, int step) {
#if defined(__AVX512VNNI__)
    sum_ = add_quads(sum_, w, x);
    (void)step;
#elif defined(__SSSE3__)
    const Pairs products = kSigned ? multiply_signed(w ^ 0x80, x) : multiply_unsigned(w, x);
    pairs_ = step % kRun == 0 ? products : pairs_ + products;
    if (step % kRun == kRun - 1 || step == steps - 1) sum_ += add_pairs(pairs_);
#else
    for (int j = 0; j < 4; ++j) sum_ += bits<Int>(bits<UInt>(w) >> 8 * j & 255) * (x << (24 - 8 * j) >> 24);
    (void)step;
#endif
  }

  Vec total() const { return __builtin_convertvector(sum_, Vec); }

 private:
  Int sum_;
  Pairs pairs_;
};

// values[index] for each index below 16.
inline Quads look_up(const uint8_t (&values)[16], Quads index) {
#if defined(__AVX512BW__)
  const __m512i table = _mm512_maskz_broadcast_i32x4(first(16), load_as<__m128i>(values));
  return bits<Quads>(_mm512_shuffle_epi8(table, bits<__m512i>(index)));
#elif defined(__AVX2__)
  const __m256i table = _mm256_broadcastsi128_si256(load_as<__m128i>(values));
  return bits<Quads>(_mm256_shuffle_epi8(table, bits<__m256i>(index)));
#elif defined(__SSSE3__)
  return bits<Quads>(_mm_shuffle_epi8(load_as<__m128i>(values), bits<__m128i>(index)));
#else
  for (int i = 0; i < kLanes * 4; ++i) index[i] = values[index[i]];
  return index;
#endif
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
