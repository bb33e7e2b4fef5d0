// SPDX-License-Identifier: Apache-2.0
//
// Both operands of a product are packed: `width` rows side by side, one 32-bit word of each after the other. A word is
// a float, or two bf16 that follow each other in a row.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

#if defined(__AVX512BF16__)
inline constexpr bool kMultipliesBf16 = true;
#else
inline constexpr bool kMultipliesBf16 = false;
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

// out[k * width + r] = word k of row r, or 0 for rows from `rows` on. four_words(r, k) gives words k to k + 3 of row r;
// those from `words` on do not matter.
template <class FourWords>
void pack_rows(const FourWords& four_words, int rows, int width, int words, uint32_t* out) {
  for (int r = 0; r < width; r += 4) {
    const int across = min(4, width - r);
    for (int k = 0; k < words; k += 4) {
      Quad quads[4];
      for (int i = 0; i < 4; ++i) quads[i] = r + i < rows ? four_words(r + i, k) : Quad{};
      transpose(quads);
      const int along = min(4, words - k);
      if (across == 4)
        for (int j = 0; j < along; ++j) memcpy(out + (k + j) * width + r, &quads[j], sizeof(Quad));
      else
        for (int j = 0; j < along; ++j)
          for (int i = 0; i < across; ++i) out[(k + j) * width + r + i] = quads[j][i];
    }
  }
}

// Two floats as a word of bf16.
inline uint32_t bf16_pair(float even, float odd) {
  const Half half = to_bf16(Vec{even, odd});
  return static_cast<uint32_t>(half[0]) | static_cast<uint32_t>(half[1]) << 16;
}

inline Quad four_words(Form form, const float* x, int64_t elements) {
  if (form == Form::f32) {
    if (elements >= 4) return load_as<Quad>(x);
    Quad quad = {};
    for (int i = 0; i < elements; ++i) quad[i] = bits<uint32_t>(x[i]);
    return quad;
  }
#if defined(__AVX512BF16__)
  if (elements >= 8) return bits<Quad>(_mm256_cvtneps_pbh(_mm256_loadu_ps(x)));
#endif
  Quad quad = {};
  for (int i = 0; i < 4 && 2 * i < elements; ++i)
    quad[i] = bf16_pair(x[2 * i], 2 * i + 1 < elements ? x[2 * i + 1] : 0.0f);
  return quad;
}

// Packs rows of floats: element (r, k) is data[r * stride + k].
inline void pack_floats(Form form, const float* data, int64_t stride, int rows, int width, int depth, uint32_t* out) {
  const int each = elements_of(form);
  pack_rows([&](int r, int k) { return four_words(form, data + r * stride + k * each, depth - k * each); }, rows, width,
            static_cast<int>(words_of(form, depth)), out);
}

// The same for a matrix that lies the other way: element (r, k) is data[k * stride + r].
inline void pack_columns(Form form, const float* data, int64_t stride, int rows, int width, int depth, uint32_t* out) {
  const int words = static_cast<int>(words_of(form, depth));
  for (int k = 0; k < words; ++k, out += width) {
    const float* even = data + static_cast<int64_t>(k) * elements_of(form) * stride;
    if (form == Form::f32) {
      for_vectors(
          rows, [&](int64_t i, int lanes) { store(reinterpret_cast<float*>(out) + i, load(even + i, lanes), lanes); });
    } else {
      const bool has_odd = 2 * k + 1 < depth;
      for_vectors(rows, [&](int64_t i, int lanes) {
        const UInt low = __builtin_convertvector(to_bf16(load(even + i, lanes)), UInt);
        const UInt high = has_odd ? __builtin_convertvector(to_bf16(load(even + stride + i, lanes)), UInt) : UInt{};
        const UInt pair = low | high << 16;
        memcpy(out + i, &pair, static_cast<size_t>(lanes) * sizeof(uint32_t));
      });
    }
    for (int i = rows; i < width; ++i) out[i] = 0;
  }
}

}  // namespace graft::v0::cpu::GRAFT_ISA
