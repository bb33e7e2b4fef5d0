// SPDX-License-Identifier: Apache-2.0
#include "cpu/linear_quantised.hpp"

#include "cpu/quantised_panel.hpp"
#include "cpu/quantised_types_k.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Rows of a tile, by two vectors of outputs, and vectors for a single row: as the registers hold.
#if defined(__AVX512F__)
inline constexpr int kByteRows = 6;
#else
inline constexpr int kByteRows = 2;
#endif
inline constexpr int kSingleVectors = min(4, kPanel / kLanes);

// Parts of a panel a piece, so that it stays in the first cache.
inline constexpr int kPieceParts = 16;

// A part of a panel in plain bytes, as a type.
template <int offset, int largest, bool has_minimum, bool has_halves>
struct Expanded {
  static constexpr int kParts = 1, kOffset = offset, kLargest = largest;
  static constexpr bool kMinimum = has_minimum, kHalves = has_halves;
  using Block = char[sizeof(PanelPart) / kPanel];
  static const PanelPart& part_of(const char* block) { return *reinterpret_cast<const PanelPart*>(block); }
  static Quads quad(const char* block, int, int g, int v) {
    return load_as<Quads>(part_of(block).bytes[g][v * kLanes]);
  }
  static Vec scale(const char* block, int, int half, int v) { return load(part_of(block).scales[half] + v * kLanes); }
  static Vec minimum(const char* block, int, int half, int v) { return load(part_of(block).minima[half] + v * kLanes); }
};
template <class Type>
using ExpandedOf = Expanded<Type::kOffset, Type::kLargest, Type::kMinimum, Type::kHalves>;

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
    for (int v = 0; v < vectors; ++v) dots[r][v] = Sum::from(sum_of<Type>(x[r * stride], half));
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

// sums[r * kPanel + o] += the products of some rows with `parts` parts of a panel.
template <class Type, int rows, int vectors>
void add_parts(const char* panel, int64_t parts, const ByteBlock* x, int64_t stride, float* sums) {
  for (int first = 0; first < kPanel / kLanes; first += vectors) {
    Vec held[rows][vectors];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) held[r][v] = load(sums + r * kPanel + (first + v) * kLanes);
    const char* block = panel;
    for (int64_t i = 0; i < parts; i += Type::kParts, block += kPanel * sizeof(typename Type::Block))
      for (int part = 0; part < Type::kParts; ++part) {
        add_half<Type, rows, vectors>(block, part, 0, first, x + i + part, stride, held);
        if constexpr (Type::kHalves) add_half<Type, rows, vectors>(block, part, 1, first, x + i + part, stride, held);
      }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) store(sums + r * kPanel + (first + v) * kLanes, held[r][v]);
  }
}

template <class Type>
void add_tile(int rows, const char* panel, int64_t parts, const ByteBlock* x, int64_t stride, float* sums) {
  switch (rows) {
    case 1:
      return add_parts<Type, 1, kSingleVectors>(panel, parts, x, stride, sums);
    case 2:
      return add_parts<Type, 2, 2>(panel, parts, x, stride, sums);
  }
  if constexpr (kByteRows == 6) switch (rows) {
      case 3:
        return add_parts<Type, 3, 2>(panel, parts, x, stride, sums);
      case 4:
        return add_parts<Type, 4, 2>(panel, parts, x, stride, sums);
      case 5:
        return add_parts<Type, 5, 2>(panel, parts, x, stride, sums);
      case 6:
        return add_parts<Type, 6, 2>(panel, parts, x, stride, sums);
    }
}

// Sums of a panel to their place.
void put_sums(const IntegerTask& task, int64_t panel, const float* sums) {
  const int64_t col = panel * kPanel;
  const int cols = static_cast<int>(min<int64_t>(kPanel, task.w.rows - col));
  for (int row = task.first_row; row < task.end_row; ++row, sums += kPanel)
    for_vectors(cols, [&](int64_t i, int lanes) {
      Vec y = load(sums + i);
      if (task.bias) y += load(task.bias + col + i, lanes);
      store(task.y + static_cast<int64_t>(row) * task.w.rows + col + i, y, lanes);
    });
}

template <class Type>
void multiply_panel(const IntegerTask& task, const char* panel, float* sums) {
  const int rows = task.end_row - task.first_row;
  const int64_t parts = task.x.stride();
  if (rows == 1) return add_parts<Type, 1, kSingleVectors>(panel, parts, task.x.row(task.first_row), 0, sums);
  PanelPart* piece = reinterpret_cast<PanelPart*>(sums + static_cast<int64_t>(rows) * kPanel);
  const int height = static_cast<int>(ceil_div(rows, ceil_div(rows, kByteRows)));
  for (int64_t first = 0; first < parts; first += kPieceParts) {
    const int count = static_cast<int>(min<int64_t>(kPieceParts, parts - first));
    expand_parts(task.w.dtype, panel, first, count, piece);
    for (int row = 0; row < rows; row += height)
      add_tile<ExpandedOf<Type>>(min(height, rows - row), reinterpret_cast<const char*>(piece), count,
                                 task.x.row(task.first_row + row) + first, parts, sums + row * kPanel);
  }
}

}  // namespace

int64_t integer_memory(int rows) {
  return scratch_bytes<float>(static_cast<int64_t>(rows) * kPanel) + scratch_bytes<PanelPart>(kPieceParts);
}

void multiply_integers(const IntegerTask& task) {
  float* sums = reinterpret_cast<float*>(task.memory);
  const size_t bytes = static_cast<size_t>(task.end_row - task.first_row) * kPanel * sizeof(float);
  with_quantised_type(task.w.dtype, [&](auto type) {
    for (int64_t panel = task.first; panel < task.end; ++panel) {
      memset(sums, 0, bytes);
      multiply_panel<decltype(type)>(task, panel_of(task.w, panel), sums);
      put_sums(task, panel, sums);
    }
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
