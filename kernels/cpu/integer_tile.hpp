// SPDX-License-Identifier: Apache-2.0
//
// The innermost integer product: a few rows of bytes by vectors of a panel of a quantised weight. The integer sums of a
// part stay in registers, and so do the float sums to which they are added with their scales. With AVX-512 VNNI six
// rows by 32 outputs take 96 dot products and 24 multiplications a part, so at most four fifths of the peak.
#pragma once

#include "cpu/byte_rows.hpp"
#include "cpu/quantised_types.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// Rows of a tile, by two vectors of outputs, and vectors for a single row: as the registers hold.
#if defined(__AVX512F__)
inline constexpr int kByteRows = 6;
#else
inline constexpr int kByteRows = 4;
#endif
inline constexpr int kSingleVectors = min(4, kPanel / kLanes);

// -Σ of the bytes that one scale of the weight serves, and the same times the row's scale.
template <class Type>
int32_t sum_of(const ByteBlock& x, int half) {
  if constexpr (!Type::kHalves) return x.sum;
  return half == 0 ? x.low_sum : x.sum - x.low_sum;
}
template <class Type>
float scaled_sum_of(const ByteBlock& x, int half) {
  if constexpr (!Type::kHalves) return x.scaled_sum;
  return x.scale * static_cast<float>(sum_of<Type>(x, half));
}

// Adds one part, or a half of it, of `vectors` vectors of outputs from vector `first` on.
template <class Type, int rows, int vectors>
void add_half(const char* block, int part, int half, int first, const ByteBlock* x, int64_t stride,
              Vec (&sums)[rows][vectors]) {
  constexpr int kSteps = Type::kHalves ? kQuads / 2 : kQuads;
  using Sum = Dot<Type::kLargest, Type::kOffset, kSteps>;
  Sum dots[rows][vectors];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) dots[r][v].start(sum_of<Type>(x[r * stride], half));
#pragma GCC unroll 8
  for (int step = 0; step < kSteps; ++step) {
    const int g = half * kSteps + step;
    Quads w[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) w[v] = Type::quad(block, part, g, first + v);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const Int four = Int{} + x[r * stride].word(g);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) dots[r][v].add(w[v], four, step);
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) {
    const Vec scale = Type::scale(block, part, half, first + v);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) sums[r][v] += dots[r][v].total() * (scale * x[r * stride].scale);
    if constexpr (Type::kMinimum) {
      const Vec minimum = Type::minimum(block, part, half, first + v);
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r) sums[r][v] += minimum * scaled_sum_of<Type>(x[r * stride], half);
    }
  }
}

// A product of some rows with a piece of a panel, added to what its sums start from: rows of that, which may be one for
// all (stride 0), or none for zeros.
struct ByteTile {
  const char* panel;
  int64_t parts;
  const ByteBlock* x;
  int64_t x_stride;
  float* y;
  int64_t y_stride;
  int cols;
  const float* start;
  int64_t start_stride;
  const char* ahead;  // memory that is fetched for later, so many bytes a part
  int64_t ahead_bytes;
};

template <class Type, int rows, int vectors>
void multiply_vectors(const ByteTile& tile, int from) {
  const int first = vectors * kLanes == kPanel ? 0 : from;  // a constant where one tile is all of the panel
  int lanes[vectors];
#pragma GCC unroll 4
  for (int v = 0; v < vectors; ++v) lanes[v] = max(0, min(kLanes, tile.cols - (first + v) * kLanes));
  Vec sums[rows][vectors] = {};
  if (tile.start)
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v)
        sums[r][v] = load(tile.start + r * tile.start_stride + (first + v) * kLanes, lanes[v]);
  const char *block = tile.panel, *fetched = tile.ahead, *due = tile.ahead;
  for (int64_t i = 0; i < tile.parts; i += Type::kParts, block += kPanel * sizeof(typename Type::Block))
    for (int part = 0; part < Type::kParts; ++part) {
      const ByteBlock* x = tile.x + i + part;
      for (due += tile.ahead_bytes; fetched < due; fetched += 64) __builtin_prefetch(fetched);
      add_half<Type, rows, vectors>(block, part, 0, first, x, tile.x_stride, sums);
      if constexpr (Type::kHalves) add_half<Type, rows, vectors>(block, part, 1, first, x, tile.x_stride, sums);
    }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) store(tile.y + r * tile.y_stride + (first + v) * kLanes, sums[r][v], lanes[v]);
}

template <class Type, int rows>
void multiply_tile(const ByteTile& tile) {
  constexpr int kVectors = rows == 1 ? kSingleVectors : 2;
  for (int first = 0; first * kLanes < tile.cols; first += kVectors)
    multiply_vectors<Type, rows, kVectors>(tile, first);
}

template <class Type>
void multiply_rows(const ByteTile& tile, int rows) {
  switch (rows) {
    case 1:
      return multiply_tile<Type, 1>(tile);
    case 2:
      return multiply_tile<Type, 2>(tile);
    case 3:
      return multiply_tile<Type, 3>(tile);
    case 4:
      return multiply_tile<Type, 4>(tile);
  }
  if constexpr (kByteRows == 6) switch (rows) {
      case 5:
        return multiply_tile<Type, 5>(tile);
      case 6:
        return multiply_tile<Type, 6>(tile);
    }
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
