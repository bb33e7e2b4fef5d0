// SPDX-License-Identifier: Apache-2.0
//
// The innermost product: a few rows of the left operand by vectors of a panel of the right one, with all sums in
// registers. Every element is one sum over the depth in order, however many rows there are.
#pragma once

#include "cpu/panels.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// As many rows as the registers hold beside two vectors of the panel.
#if defined(__AVX512F__)
inline constexpr int kRegisterRows = 12;
#else
inline constexpr int kRegisterRows = 6;
#endif

// Rows of a tile; AMX has registers for two by two blocks of 16 rows by 16 columns.
inline constexpr int kTileRows = kHasAmx ? 32 : kRegisterRows;

// The height of so many rows in as few tiles of at most `most` rows as they need, all equal but the last.
constexpr int even_height(int rows, int most) { return static_cast<int>(ceil_div(rows, ceil_div(rows, most))); }

// Whether a left operand of this form lies row by row, as AMX loads it.
constexpr bool needs_rows(Form form) { return kHasAmx && form == Form::bf16; }

// Word k of row r of the left operand stands at words[r * row + k * step].
struct LeftRows {
  const uint32_t* words;
  int64_t row, step;
};

// Step k of a panel stands at data + k * step.
struct RightPanel {
  const char* data;
  int64_t step;
};

// A product is a form of the left operand and one of the panel. A step reads kLeftWords words of each left row and
// kRightBytes of a panel of full width, of which `load` takes what vector v has for one of the words. `add` multiplies
// that by a word of the left row.
struct FloatLeft {
  static void add(Vec& sum, const float* left, Vec right) { sum += *left * right; }
};

struct FloatByFloat : FloatLeft {
  static constexpr int kLeftWords = 1, kRightBytes = kPanel * 4;
  static Vec load(const char* panel, int v, int) { return load_as<Vec>(panel + v * sizeof(Vec)); }
};

struct FloatByF16 : FloatLeft {
  static constexpr int kLeftWords = 1, kRightBytes = kPanel * 2;
  static Vec load(const char* panel, int v, int) { return from_f16(load_as<Half>(panel + v * sizeof(Half))); }
};

// The upper half of a word. In a whole tile on AVX2 a register of its own would be one too many, and GCC then keeps
// sums in memory: so it is read each time.
inline UInt odd_mask() {
#if defined(__AVX512F__)
  return UInt{} + 0xffff0000u;
#else
  static const volatile UInt kMask = UInt{} + 0xffff0000u;
  return kMask;
#endif
}

struct FloatByBf16 : FloatLeft {
  static constexpr int kLeftWords = 2, kRightBytes = kPanel * 4;
  static Vec load(const char* panel, int v, int word) {
    const UInt pairs = load_as<UInt>(panel + v * sizeof(UInt));
    return bits<Vec>(word == 0 ? pairs << 16 : pairs & odd_mask());
  }
};

#if defined(__AVX512BF16__)
struct Bf16ByBf16 {
  static constexpr int kLeftWords = 1, kRightBytes = kPanel * 4;
  static UInt load(const char* panel, int v, int) { return load_as<UInt>(panel + v * sizeof(UInt)); }
  static void add(Vec& sum, const float* left, UInt right) {
    const UInt pair = UInt{} + bits<uint32_t>(*left);
    sum = _mm512_dpbf16_ps(sum, bits<__m512bh>(pair), bits<__m512bh>(right));
  }
};
#else
using Bf16ByBf16 = FloatByBf16;  // never chosen
#endif

// Where a tile goes: c = alpha * sum (+ bias) (+ c when `adds`).
struct TileOutput {
  float* c;
  int64_t stride;
  int cols;
  const float* bias;
  float alpha;
  bool adds;
};

// Case by case, so that nothing is decided anew for each vector of the sums, which stay in registers.
template <int rows, int vectors>
[[gnu::always_inline]] inline void put(TileOutput out, Vec (&sums)[rows][vectors]) {
  int lanes[vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) lanes[v] = max(0, min(kLanes, out.cols - v * kLanes));
  const auto for_sums = [&](const auto& body) {
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) body(sums[r][v], v * kLanes, out.c + r * out.stride + v * kLanes, lanes[v]);
  };
  for_sums([&](Vec& sum, int, const float*, int) { sum *= out.alpha; });
  if (out.bias) for_sums([&](Vec& sum, int col, const float*, int count) { sum += load(out.bias + col, count); });
  if (out.adds) for_sums([&](Vec& sum, int, const float* c, int count) { sum += load(c, count); });
  for_sums([&](Vec& sum, int, float* c, int count) { store(c, sum, count); });
}

template <class Product, int rows, int vectors>
void multiply_vectors(const LeftRows& left, RightPanel panel, int steps, const TileOutput& out) {
  // Addresses reach three rows from one pointer: itself, and once or twice the stride further.
  constexpr int kPointers = (rows + 2) / 3;
  for (int r = 0; r < rows; ++r)  // what the sums are written to comes from far away
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) __builtin_prefetch(out.c + r * out.stride + v * kLanes, 1);
  Vec sums[rows][vectors] = {};
  const int64_t row = left.row;
  const float* words[kPointers];
#pragma GCC unroll 4
  for (int i = 0; i < kPointers; ++i) words[i] = reinterpret_cast<const float*>(left.words) + 3 * i * row;
  for (int step = 0; step < steps; ++step) {
#pragma GCC unroll 2
    for (int word = 0; word < Product::kLeftWords; ++word) {  // one after the other, as the registers ask for
      decltype(Product::load(nullptr, 0, 0)) right[vectors];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) right[v] = Product::load(panel.data, v, word);
#pragma GCC unroll 12
      for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) Product::add(sums[r][v], words[r / 3] + r % 3 * row, right[v]);
#pragma GCC unroll 4
      for (int i = 0; i < kPointers; ++i) words[i] += left.step;
    }
    panel.data += panel.step;
  }
  put(out, sums);
}

// No more vectors than have columns: a narrow panel ends there.
template <class Product, int rows, int vectors>
void multiply_strip(const LeftRows& left, const RightPanel& panel, int steps, const TileOutput& out) {
  if constexpr (vectors > 1)
    if (out.cols <= vectors / 2 * kLanes) return multiply_strip<Product, rows, vectors / 2>(left, panel, steps, out);
  multiply_vectors<Product, rows, vectors>(left, panel, steps, out);
}

// The whole panel in as many strips as the registers ask for.
template <class Product, int rows>
void multiply_tile(const LeftRows& left, const RightPanel& panel, int steps, const TileOutput& out) {
  constexpr int kVectors = rows <= 2 ? min(4, kPanel / kLanes) : 2;
  constexpr int kBytes = Product::kRightBytes / kPanel * kLanes * kVectors;
  for (int strip = 0; strip * kVectors * kLanes < min(kPanel, out.cols); ++strip) {
    const int col = strip * kVectors * kLanes;
    const TileOutput part = {out.c + col, out.stride, out.cols - col, out.bias ? out.bias + col : nullptr,
                             out.alpha,   out.adds};
    multiply_strip<Product, rows, kVectors>(left, {panel.data + strip * kBytes, panel.step}, steps, part);
  }
}

using MultiplyRows = void (*)(int rows, const LeftRows& left, const RightPanel&, int steps, const TileOutput&);

struct ProductTable {
  int elements;           // of the depth a step
  int right_bytes;        // a step of a panel of full width
  Form form;              // of the left operand
  MultiplyRows multiply;  // 1 to kTileRows rows
};

extern const ProductTable kFloatByFloat, kFloatByF16, kFloatByBf16, kBf16ByBf16;

}  // namespace graft::inline v0::cpu::GRAFT_ISA
