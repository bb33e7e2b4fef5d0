// SPDX-License-Identifier: Apache-2.0
//
// Vectors of floats as wide as the instruction set has registers, over the vector extensions of GCC and Clang.
#pragma once

#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "parallel.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
#elif defined(__AVX__)
inline constexpr int kLanes = 8;
#else
inline constexpr int kLanes = 4;
#endif

typedef float Vec __attribute__((vector_size(kLanes * 4)));
typedef int32_t Int __attribute__((vector_size(kLanes * 4)));
typedef uint32_t UInt __attribute__((vector_size(kLanes * 4)));
typedef uint16_t Half __attribute__((vector_size(kLanes * 2)));

template <class To, class From>
To bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(&to, &from, sizeof(to));
  return to;
}

inline Vec splat(float x) { return x - Vec{}; }

// The masked forms stand for the plain ones too, since those of GCC 12 warn of a variable of their own.

// ---- memory; with `lanes`, only the first lanes are read (the others are 0) or written ----

template <class T = Vec>
T load_as(const void* from) {
  T v;
  memcpy(&v, from, sizeof(v));
  return v;
}
inline Vec load(const float* x) { return load_as<Vec>(x); }
inline void store(float* y, Vec v) { memcpy(y, &v, sizeof(v)); }

#if defined(__AVX512F__)
inline __mmask16 first(int lanes) { return static_cast<__mmask16>((1u << lanes) - 1); }
inline Vec load(const float* x, int lanes) { return _mm512_maskz_loadu_ps(first(lanes), x); }
inline void store(float* y, Vec v, int lanes) { _mm512_mask_storeu_ps(y, first(lanes), v); }
#else
inline Vec load(const float* x, int lanes) {
  if (lanes == kLanes) return load(x);
#if defined(__AVX__)
  static constexpr int32_t kMasks[2 * kLanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_maskload_ps(x, load_as<__m256i>(kMasks + kLanes - lanes));
#else
  Vec v = {};
  for (int i = 0; i < lanes; ++i) v[i] = x[i];
  return v;
#endif
}
// In pieces of 4, 2 and 1.
inline void store(float* y, Vec v, int lanes) {
  if (lanes == kLanes) return store(y, v);
  const float* from = reinterpret_cast<const float*>(&v);
#pragma GCC unroll 3
  for (int piece = kLanes / 2; piece > 0; piece /= 2)
    if (lanes & piece) {
      memcpy(y, from, static_cast<size_t>(piece) * sizeof(float));
      y += piece;
      from += piece;
    }
}
#endif

// v with 0 behind the first lanes.
inline Vec keep(Vec v, int lanes) {
#if defined(__AVX512F__)
  return _mm512_maskz_mov_ps(first(lanes), v);
#else
  for (int i = lanes; i < kLanes; ++i) v[i] = 0;
  return v;
#endif
}

inline Half load(const uint16_t* x, int lanes) {
  if (lanes == kLanes) return load_as<Half>(x);
  Half v = {};
  for (int i = 0; i < lanes; ++i) v[i] = x[i];
  return v;
}
inline void store(uint16_t* y, Half v, int lanes) {
  if (lanes == kLanes) {
    memcpy(y, &v, sizeof(v));
    return;
  }
  for (int i = 0; i < lanes; ++i) y[i] = v[i];
}

// body(i, lanes) for each vector of [0, count).
template <class Body>
void for_vectors(int64_t count, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(i, kLanes);
  if (i < count) body(i, static_cast<int>(count - i));
}

// ---- arithmetic ----

inline Vec select(Int claim, Vec yes, Vec no) { return claim ? yes : no; }
// The second where one of them is not a number.
#if defined(__AVX512F__)
inline Vec vmax(Vec a, Vec b) { return _mm512_maskz_max_ps(first(kLanes), a, b); }
inline Vec vmin(Vec a, Vec b) { return _mm512_maskz_min_ps(first(kLanes), a, b); }
#elif defined(__AVX__)
inline Vec vmax(Vec a, Vec b) { return _mm256_max_ps(a, b); }
inline Vec vmin(Vec a, Vec b) { return _mm256_min_ps(a, b); }
#else
inline Vec vmax(Vec a, Vec b) { return select(a > b, a, b); }
inline Vec vmin(Vec a, Vec b) { return select(a < b, a, b); }
#endif

// One bit for each lane that is not 0.
inline uint32_t nonzero(Vec x) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask(x, Vec{}, _CMP_NEQ_UQ);
#elif defined(__AVX__)
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(x, Vec{}, _CMP_NEQ_UQ)));
#else
  uint32_t found = 0;
  for (int i = 0; i < kLanes; ++i) found |= static_cast<uint32_t>(x[i] != 0) << i;
  return found;
#endif
}

inline Vec square_root(Vec x) {
#if defined(__AVX512F__)
  return _mm512_maskz_sqrt_ps(first(kLanes), x);
#elif defined(__AVX__)
  return _mm256_sqrt_ps(x);
#else
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

// Folds halves of a vector of kLanes elements, so that sums have one order.
template <class Vector, class Join>
auto fold(Vector v, const Join& join) {
#if defined(__AVX512F__)
  const auto half = join(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7),
                         __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
#else
  const Vector half = v;
#endif
#if defined(__AVX__)
  const auto four =
      join(__builtin_shufflevector(half, half, 0, 1, 2, 3), __builtin_shufflevector(half, half, 4, 5, 6, 7));
#else
  const Vector four = half;
#endif
  const auto two = join(four, __builtin_shufflevector(four, four, 2, 3, 0, 1));
  return join(two, __builtin_shufflevector(two, two, 1, 0, 3, 2))[0];
}

inline float sum(Vec v) {
  return fold(v, [](auto a, auto b) { return a + b; });
}

inline float largest(Vec v) {
  return fold(v, [](auto a, auto b) { return a < b ? b : a; });
}

// e^r for |r| up to about half of log 2: its series, by Horner's rule.
inline Vec exp_series(Vec r) {
  Vec p = r * 1.38873613e-3f + 8.33338592e-3f;
  p = p * r + 4.16666707e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  return p * r * r + r + 1.0f;
}

// e^x to about one unit in the last place: the series times a power of two. 0 far below the range of floats, infinity
// above.
inline Vec exp(Vec x) {
#if defined(__AVX512F__)
  const Vec clamped = vmin(splat(89.0f), vmax(splat(-105.0f), x));
  const Vec n = _mm512_maskz_roundscale_ps(first(kLanes), clamped * 1.44269504f, _MM_FROUND_TO_NEAREST_INT);
  const Vec r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  return _mm512_maskz_scalef_ps(first(kLanes), exp_series(r), n);
#else
  const Vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vec clamped = vmin(vmax(x, splat(-87.3f)), splat(88.7f));
  const Vec shifted = clamped * 1.44269504f + magic;
  const Vec n = shifted - magic;
  const Vec r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  const Int exponent = bits<Int>(shifted) << 23;
  const Vec y = bits<Vec>(bits<Int>(exp_series(r)) + exponent);
  return select(x < splat(-87.3f), Vec{}, select(x > splat(88.7f), splat(__builtin_inff()), select(x == x, y, x)));
#endif
}

inline Vec tanh(Vec x) {
  const Vec square = x * x;
  const Vec series =
      x + x * square * (-0.333333333f + square * (0.133333333f + square * (-0.053968254f + square * 0.021869489f)));
  const Vec e = exp(x + x);
  const Vec whole = select(x > splat(20.0f), splat(1), 1.0f - 2.0f / (e + 1.0f));
  return select(square < splat(0.09f), series, whole);
}

inline Vec sigmoid(Vec x) { return 1.0f / (1.0f + exp(-x)); }

inline float dot(const float* a, const float* b, int count) {
  Vec even = {}, odd = {};
  int i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    even += load(a + i) * load(b + i);
    odd += load(a + i + kLanes) * load(b + i + kLanes);
  }
  for (; i < count; i += kLanes) {
    const int lanes = min(kLanes, count - i);
    even += load(a + i, lanes) * load(b + i, lanes);
  }
  return sum(even + odd);
}

// ---- 16-bit floats, rounded to nearest even ----

inline Vec from_bf16(Half h) { return bits<Vec>(__builtin_convertvector(h, UInt) << 16); }
inline Half to_bf16(Vec v) {
  const UInt u = bits<UInt>(v);
  const UInt rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  const UInt quiet = (u >> 16) | 0x40u;
  return __builtin_convertvector(bits<UInt>(v == v) ? rounded : quiet, Half);
}

#if defined(__AVX512F__)
inline Vec from_f16(Half h) { return _mm512_maskz_cvtph_ps(first(kLanes), bits<__m256i>(h)); }
inline Half to_f16(Vec v) { return bits<Half>(_mm512_maskz_cvtps_ph(first(kLanes), v, _MM_FROUND_TO_NEAREST_INT)); }
#elif defined(__F16C__)
inline Vec from_f16(Half h) { return _mm256_cvtph_ps(bits<__m128i>(h)); }
inline Half to_f16(Vec v) { return bits<Half>(_mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT)); }
#else
inline Vec from_f16(Half h) {
  const UInt wide = __builtin_convertvector(h, UInt);
  const UInt magnitude = (wide & 0x7fffu) << 13;
  const Vec scaled = bits<Vec>(magnitude) * 0x1p112f;  // moves the exponent, and makes subnormals normal
  const UInt infinite = bits<UInt>((wide & 0x7c00u) == 0x7c00u) & 0x7f800000u;
  return bits<Vec>(bits<UInt>(scaled) | infinite | ((wide & 0x8000u) << 16));
}
inline Half to_f16(Vec v) {
  const UInt u = bits<UInt>(v), magnitude = u & 0x7fffffffu;
  const UInt normal = (magnitude + 0xc8000fffu + ((magnitude >> 13) & 1u)) >> 13;
  const UInt small = bits<UInt>(bits<Vec>(magnitude) + 0.5f) - 0x3f000000u;  // the sum rounds at 2^-24
  const UInt huge = magnitude > 0x7f800000u ? (UInt{} + 0x7e00u) : (UInt{} + 0x7c00u);
  UInt half = magnitude < 0x38800000u ? small : normal;
  half = magnitude >= 0x47800000u ? huge : half;
  return __builtin_convertvector(half | ((u >> 16) & 0x8000u), Half);
}
#endif

inline float from_f16(uint16_t h) { return from_f16(Half{h})[0]; }
inline uint16_t to_f16(float x) { return to_f16(Vec{x})[0]; }
inline float from_bf16(uint16_t h) { return bits<float>(static_cast<uint32_t>(h) << 16); }

}  // namespace graft::inline v0::cpu::GRAFT_ISA
