// SPDX-License-Identifier: Apache-2.0
//
// Both operands of a product are packed in 32-bit words: floats, or pairs of bf16 that follow each other in a row. In a
// panel `width` rows lie side by side, one word of each after the other.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

#if defined(__AMX_BF16__)
inline constexpr bool kHasAmx = true;
#else
inline constexpr bool kHasAmx = false;
#endif

// Whether products of pairs of bf16 are faster here than those of the floats they stand for. AMD's cores do vdpbf16ps
// at the rate of other products; Intel's (Sapphire and Emerald Rapids) take four times as long, so twice as long an
// element, but do sixteen times as many in AMX.
#if defined(__AVX512BF16__)
inline bool multiplies_bf16() { return kHasAmx || __builtin_cpu_is("amd"); }
#else
constexpr bool multiplies_bf16() { return false; }
#endif

// What a word holds.
enum class Form { f32, bf16 };
constexpr int elements_of(Form form) { return form == Form::bf16 ? 2 : 1; }
constexpr int64_t words_of(Form form, int64_t depth) { return ceil_div(depth, elements_of(form)); }

typedef uint32_t Quad __attribute__((vector_size(16)));

inline void transpose(Quad* q) {
  const Quad a = __builtin_shufflevector(q[0], q[1], 0, 4, 1, 5), b = __builtin_shufflevector(q[2], q[3], 0, 4, 1, 5);
  const Quad c = __builtin_shufflevector(q[0], q[1], 2, 6, 3, 7), d = __builtin_shufflevector(q[2], q[3], 2, 6, 3, 7);
  q[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  q[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  q[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
  q[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

// Words of one row, and as many rows of them are transposed at once.
#if defined(__AVX512F__)
inline constexpr int kBlock = 16;
typedef UInt Words;
inline constexpr __mmask16 kAll = 0xffff;  // the plain forms of GCC 12 warn of a variable of their own

// By halves: neighbours, pairs of neighbours, and then quarters of the registers.
inline void transpose(Words* words) {
  __m512i q[16], t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    const __m512i a = bits<__m512i>(words[i]), b = bits<__m512i>(words[i + 1]);
    t[i] = _mm512_maskz_unpacklo_epi32(kAll, a, b);
    t[i + 1] = _mm512_maskz_unpackhi_epi32(kAll, a, b);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4)
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {
      q[i + 2 * j] = _mm512_maskz_unpacklo_epi64(static_cast<__mmask8>(kAll), t[i + j], t[i + j + 2]);
      q[i + 2 * j + 1] = _mm512_maskz_unpackhi_epi64(static_cast<__mmask8>(kAll), t[i + j], t[i + j + 2]);
    }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512i a = _mm512_maskz_shuffle_i32x4(kAll, q[i], q[i + 4], 0x88),
                  b = _mm512_maskz_shuffle_i32x4(kAll, q[i + 8], q[i + 12], 0x88);
    const __m512i c = _mm512_maskz_shuffle_i32x4(kAll, q[i], q[i + 4], 0xdd),
                  d = _mm512_maskz_shuffle_i32x4(kAll, q[i + 8], q[i + 12], 0xdd);
    words[i] = bits<Words>(_mm512_maskz_shuffle_i32x4(kAll, a, b, 0x88));
    words[i + 4] = bits<Words>(_mm512_maskz_shuffle_i32x4(kAll, c, d, 0x88));
    words[i + 8] = bits<Words>(_mm512_maskz_shuffle_i32x4(kAll, a, b, 0xdd));
    words[i + 12] = bits<Words>(_mm512_maskz_shuffle_i32x4(kAll, c, d, 0xdd));
  }
}
#else
inline constexpr int kBlock = 4;
typedef Quad Words;
#endif

// out[k * width + r] = word k of row r, or 0 for rows from `rows` on; `width` is a multiple of the block.
// words_at(r, k) gives a block of words of row r, from word k on; those from `words` on do not matter.
template <class WordsAt>
void pack_rows(const WordsAt& words_at, int rows, int width, int words, uint32_t* out) {
  for (int r = 0; r < width; r += kBlock)
    for (int k = 0; k < words; k += kBlock) {
      Words block[kBlock];
      for (int i = 0; i < kBlock; ++i) block[i] = r + i < rows ? words_at(r + i, k) : Words{};
      transpose(block);
      const int along = min(kBlock, words - k);
      for (int j = 0; j < along; ++j) memcpy(out + (k + j) * width + r, &block[j], sizeof(Words));
    }
}

// Floats rounded for a product, which takes subnormal numbers for 0.
inline Half round_bf16(Vec x) {
#if defined(__AVX512BF16__)
  return bits<Half>(_mm512_cvtneps_pbh(x));
#else
  return to_bf16(x);
#endif
}

// One row of floats, packed by itself; an odd last element is followed by 0.
inline void pack_row(Form form, const float* x, int depth, uint32_t* out) {
  if (form == Form::f32) {
    memcpy(out, x, static_cast<size_t>(depth) * sizeof(float));
    if (depth % 2 == 1) out[depth] = 0;
    return;
  }
  uint16_t* halves = reinterpret_cast<uint16_t*>(out);
  for_vectors(depth, [&](int64_t i, int lanes) { store(halves + i, round_bf16(load(x + i, lanes)), lanes); });
  if (depth % 2 == 1) halves[depth] = 0;
}

// The same of bf16.
inline void pack_row(Form form, const uint16_t* x, int depth, uint32_t* out) {
  if (form == Form::f32) {
    float* floats = reinterpret_cast<float*>(out);
    for_vectors(depth, [&](int64_t i, int lanes) { store(floats + i, from_bf16(load(x + i, lanes)), lanes); });
    if (depth % 2 == 1) out[depth] = 0;
    return;
  }
  memcpy(out, x, static_cast<size_t>(depth) * sizeof(uint16_t));
  if (depth % 2 == 1) reinterpret_cast<uint16_t*>(out)[depth] = 0;
}

// A block of words of a row of which `elements` are left; 0 behind them.
inline Words block_of(Form form, const float* x, int elements) {
  alignas(64) uint32_t words[kBlock] = {};
  const int count = min(elements, kBlock * elements_of(form));
  if (count == kBlock && form == Form::f32) return load_as<Words>(x);
#if defined(__AVX512BF16__)
  if (count == 2 * kBlock) return bits<Words>(_mm512_cvtne2ps_pbh(load(x + kLanes), load(x)));
#endif
  pack_row(form, x, count, words);
  return load_as<Words>(words);
}

// Packs rows of floats: element (r, k) is data[r * stride + k].
inline void pack_floats(Form form, const float* data, int64_t stride, int rows, int width, int depth, uint32_t* out) {
  const int each = elements_of(form);
  pack_rows([&](int r, int k) { return block_of(form, data + r * stride + k * each, depth - k * each); }, rows, width,
            static_cast<int>(words_of(form, depth)), out);
}

// Neighbours in a row as one word each.
inline UInt pair_words(Half even, Half odd) {
  return __builtin_convertvector(even, UInt) | __builtin_convertvector(odd, UInt) << 16;
}

// A few elements of a matrix of floats or bf16, as either.
inline Vec load_floats(const float* x, int lanes) { return load(x, lanes); }
inline Vec load_floats(const uint16_t* x, int lanes) { return from_bf16(load(x, lanes)); }
inline Half load_halves(const float* x, int lanes) { return round_bf16(load(x, lanes)); }
inline Half load_halves(const uint16_t* x, int lanes) { return load(x, lanes); }

// Rows that are a stride apart, and so come from memory one by one, are asked for so many before they are packed.
inline constexpr int kRowsAhead = 32;

// The same for a matrix that lies the other way: element (r, k) is data[k * stride + r].
template <class Element>
void pack_columns(Form form, const Element* data, int64_t stride, int rows, int width, int depth, uint32_t* out) {
  for (int k = 0; k < depth; k += elements_of(form), out += width) {
    const Element* even = data + k * stride;
    const auto put = [&](int64_t i, Vec word, int lanes) { store(reinterpret_cast<float*>(out) + i, word, lanes); };
    if (form == Form::f32)
      for_vectors(rows, [&](int64_t i, int lanes) { put(i, load_floats(even + i, lanes), lanes); });
    else
      for_vectors(rows, [&](int64_t i, int lanes) {
        const Half odd = k + 1 < depth ? load_halves(even + stride + i, lanes) : Half{};
        put(i, bits<Vec>(pair_words(load_halves(even + i, lanes), odd)), lanes);
      });
    for (int i = rows; i < width; i += kLanes) put(i, Vec{}, min(kLanes, width - i));
  }
}

// The same as rows of pairs of bf16, `row` words apart.
template <class Element>
void pack_columns_as_rows(const Element* data, int64_t stride, int rows, int depth, uint32_t* out, int64_t row) {
  const auto halves = [&](int r, int k) {
    return k < depth ? load_halves(data + k * stride + r, min(kLanes, rows - r)) : Half{};
  };
  for (int k = 0; k < depth; k += 2 * kBlock)
    for (int r = 0; r < rows; r += kLanes) {
      Words block[kBlock];
      for (int i = 0; i < kBlock; ++i)
        block[i] = bits<Words>(pair_words(halves(r, k + 2 * i), halves(r, k + 2 * i + 1)));
      transpose(block);
      const int words = static_cast<int>(min<int64_t>(kBlock, ceil_div(depth - k, 2)));
      for (int i = 0; i < min(kLanes, rows - r); ++i)
        store(reinterpret_cast<float*>(out) + (r + i) * row + k / 2, bits<Vec>(block[i]), words);
    }
}

#if defined(__AVX512BF16__)
// Where the elements of pairs come from: the even ones of each from `count` elements, the odd ones from as many behind.
template <int count>
struct PairOrder {
  alignas(64) uint16_t order[2 * count];
  constexpr PairOrder() : order() {
    for (int i = 0; i < 2 * count; ++i) order[i] = static_cast<uint16_t>(i / 2 + i % 2 * count);
  }
};
template <int count>
inline constexpr PairOrder<count> kByPair;

// Of floats that become bf16 pairs, 16 columns at once.
inline void pack_columns(Form form, const float* data, int64_t stride, int rows, int width, int depth, uint32_t* out) {
  if (form == Form::f32) return pack_columns<float>(form, data, stride, rows, width, depth, out);
  const __m512i by_pair = _mm512_load_si512(kByPair<16>.order);
  for (int k = 0; k < depth; k += 2, out += width)
    for (int i = 0; i < width; i += kLanes) {
      const float* even = data + k * stride + i;
      const __mmask16 here = first(max(0, min(kLanes, rows - i))), odd_here = k + 1 < depth ? here : 0;
      const __m512 a = _mm512_maskz_loadu_ps(here, even), b = _mm512_maskz_loadu_ps(odd_here, even + stride);
      const __m512i halves = bits<__m512i>(_mm512_cvtne2ps_pbh(b, a));
      _mm512_mask_storeu_epi32(out + i, first(min(kLanes, width - i)),
                               _mm512_maskz_permutexvar_epi16(0xffffffff, by_pair, halves));
    }
}

// Of bf16 pairs, 32 columns at once.
inline void pack_columns(Form form, const uint16_t* data, int64_t stride, int rows, int width, int depth,
                         uint32_t* out) {
  if (form == Form::f32) return pack_columns<uint16_t>(form, data, stride, rows, width, depth, out);
  const __m512i low = _mm512_load_si512(kByPair<32>.order), high = _mm512_load_si512(kByPair<32>.order + 32);
  const auto lanes = [](int count) { return count >= 32 ? ~0u : (1u << max(0, count)) - 1; };
  for (int k = 0; k < depth; k += 2, out += width)
    for (int i = 0; i < width; i += 32) {
      const uint16_t* even = data + k * stride + i;
      __builtin_prefetch(even + kRowsAhead * stride);
      __builtin_prefetch(even + (kRowsAhead + 1) * stride);
      const __mmask32 here = lanes(rows - i), odd_here = k + 1 < depth ? here : 0;
      const __m512i a = _mm512_maskz_loadu_epi16(here, even), b = _mm512_maskz_loadu_epi16(odd_here, even + stride);
      const uint32_t words = lanes(width - i);
      _mm512_mask_storeu_epi32(out + i, static_cast<__mmask16>(words), _mm512_permutex2var_epi16(a, low, b));
      if (words >> 16)
        _mm512_mask_storeu_epi32(out + i + 16, static_cast<__mmask16>(words >> 16),
                                 _mm512_permutex2var_epi16(a, high, b));
    }
}
#endif

}  // namespace graft::inline v0::cpu::GRAFT_ISA
