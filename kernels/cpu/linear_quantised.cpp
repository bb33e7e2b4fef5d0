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
inline constexpr int kByteRows = 4;
#endif
inline constexpr int kSingleVectors = min(4, kPanel / kLanes);

// Parts of a panel a piece, so that it and the same parts of the rows stay in the caches.
inline constexpr int kPieceParts = 32;

// Whether so many rows are worth a copy of each piece in plain bytes.
template <class Type>
bool expands(int rows) {
  constexpr bool kIsCheap = kAddsQuads && Type::kParts == 1;  // the other work hides the unpacking
  return !kIsCheap && rows > 2 * kByteRows;
}

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

// Where the sums of a tile go: y = bias + sums, where the sums go on from y unless the piece is the first one.
struct ByteTile {
  const char* panel;
  int64_t parts;
  const ByteBlock* x;
  int64_t stride;
  float* y;
  int64_t y_stride;
  int cols;
  const float* bias;
  bool goes_on;
  const char* ahead;  // what the tile fetches for later: so many bytes a part
  int64_t ahead_bytes;
};

// body(place in the tile, place in y, column, lanes) for each vector of a tile.
template <class Body>
void for_tile(const ByteTile& tile, int rows, int first, int width, const Body& body) {
  for (int r = 0; r < rows; ++r)
    for (int col = first; col < min(first + width, tile.cols); col += kLanes)
      body(r * width + col - first, tile.y + r * tile.y_stride + col, col, min(kLanes, tile.cols - col));
}

template <class Type, int rows, int vectors>
void multiply_vectors(const ByteTile& tile, int first) {
  constexpr int kWidth = vectors * kLanes;
  alignas(64) float put[rows * kWidth];
  Vec sums[rows][vectors] = {};
  if (tile.goes_on) {
    for_tile(tile, rows, first * kLanes, kWidth,
             [&](int at, const float* y, int, int lanes) { store(put + at, load(y, lanes)); });
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sums[r][v] = load(put + r * kWidth + v * kLanes);
  }
  const char *block = tile.panel, *fetched = tile.ahead, *due = tile.ahead;
  for (int64_t i = 0; i < tile.parts; i += Type::kParts, block += kPanel * sizeof(typename Type::Block))
    for (int part = 0; part < Type::kParts; ++part) {
      const ByteBlock* x = tile.x + i + part;
      for (due += tile.ahead_bytes; fetched < due; fetched += 64) __builtin_prefetch(fetched);
      add_half<Type, rows, vectors>(block, part, 0, first, x, tile.stride, sums);
      if constexpr (Type::kHalves) add_half<Type, rows, vectors>(block, part, 1, first, x, tile.stride, sums);
    }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) store(put + r * kWidth + v * kLanes, sums[r][v]);
  for_tile(tile, rows, first * kLanes, kWidth, [&](int at, float* y, int col, int lanes) {
    const Vec sum = load(put + at);
    store(y, tile.bias ? sum + load(tile.bias + col, lanes) : sum, lanes);
  });
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

template <class Type>
void multiply_panel(const IntegerTask& task, int64_t index) {
  const int64_t col = index * kPanel, parts = task.x.stride(), y_stride = task.w.rows;
  const int rows = task.end_row - task.first_row, cols = static_cast<int>(min<int64_t>(kPanel, task.w.rows - col));
  const int64_t tiles = ceil_div(rows, kByteRows), height = ceil_div(rows, tiles);
  const int64_t most = rows <= kByteRows ? parts : kPieceParts;
  const int64_t piece = round_up(ceil_div(parts, ceil_div(parts, most)), Type::kParts);
  const int64_t part_bytes = kPanel * static_cast<int64_t>(sizeof(typename Type::Block)) / Type::kParts;
  const bool is_expanded = expands<Type>(rows);
  for (int64_t first = 0; first < parts; first += piece) {
    const int64_t count = min(piece, parts - first);
    const char* panel = panel_of(task.w, index) + first * part_bytes;
    if (is_expanded)
      expand_parts(task.w.dtype, panel_of(task.w, index), first, static_cast<int>(count),
                   reinterpret_cast<PanelPart*>(task.memory));
    for (int64_t row = 0; row < rows; row += height) {
      const int64_t at = task.first_row + row;
      const int tile_rows = static_cast<int>(min(height, rows - row));
      const ByteTile tile = {is_expanded ? task.memory : panel,
                             count,
                             task.x.row(at) + first,
                             parts,
                             task.y + at * y_stride + col,
                             y_stride,
                             cols,
                             task.bias && first + count == parts ? task.bias + col : nullptr,
                             first > 0,
                             panel + count * part_bytes + row / height * count * part_bytes / tiles,
                             part_bytes / tiles};
      if (is_expanded)
        multiply_rows<ExpandedOf<Type>>(tile, tile_rows);
      else
        multiply_rows<Type>(tile, tile_rows);
    }
  }
}

}  // namespace

int64_t integer_memory() { return scratch_bytes<PanelPart>(kPieceParts); }

void multiply_integers(const IntegerTask& task) {
  with_quantised_type(task.w.dtype, [&](auto type) {
    for (int64_t panel = task.first; panel < task.end; ++panel) multiply_panel<decltype(type)>(task, panel);
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
