// SPDX-License-Identifier: Apache-2.0
#include "cpu/linear_quantised.hpp"

#include "cpu/integer_tile.hpp"
#include "cpu/quantised_panel.hpp"
#include "cpu/quantised_types_k.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Parts of a panel a piece, so that it and the same parts of the rows stay in the caches.
inline constexpr int kPieceParts = 24;

// Whether so many rows are worth a copy of each piece in plain bytes.
template <class Type>
bool expands(int rows) {
  constexpr bool kIsReady = kAddsQuads && Type::kIsBytes;
  return !kIsReady && rows > 2 * kByteRows;
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

// The rows of a task, cut into tiles of equal height, and the depth, cut into pieces. A few rows go through whole
// panels, which stream from memory.
template <class Type>
struct Cut {
  int64_t rows, parts, tiles, height, piece;

  explicit Cut(const IntegerTask& task) : rows(task.end_row - task.first_row), parts(task.x.stride()) {
    tiles = ceil_div(rows, kByteRows);
    height = ceil_div(rows, tiles);
    const int64_t most = tiles == 1 ? parts : kPieceParts;
    piece = round_up(ceil_div(parts, ceil_div(parts, most)), Type::kParts);
  }
};

// The tiles share the work of fetching the next piece.
template <class Type>
void multiply_panel(const IntegerTask& task, int64_t index) {
  constexpr int64_t kPartBytes = kPanel * static_cast<int64_t>(sizeof(typename Type::Block)) / Type::kParts;
  const Cut<Type> cut(task);
  const bool is_expanded = expands<Type>(static_cast<int>(cut.rows));
  const int64_t col = index * kPanel;
  for (int64_t first = 0; first < cut.parts; first += cut.piece) {
    const int64_t count = min(cut.piece, cut.parts - first), fetched = count * kPartBytes / cut.tiles;
    const char *panel = panel_of(task.w, index), *piece = panel + first * kPartBytes,
               *next = piece + count * kPartBytes;
    if (is_expanded)
      expand_parts(task.w.dtype, panel, first, static_cast<int>(count), reinterpret_cast<PanelPart*>(task.memory));
    for (int64_t i = 0; i < cut.tiles; ++i) {
      const int64_t row = task.first_row + i * cut.height;
      const int rows = static_cast<int>(min(cut.height, task.end_row - row));
      float* const y = task.y + row * task.w.rows + col;
      const float* start = first > 0 ? y : task.bias ? task.bias + col : nullptr;
      const ByteTile tile = {.panel = is_expanded ? task.memory : piece,
                             .parts = count,
                             .x = task.x.row(row) + first,
                             .x_stride = cut.parts,
                             .y = y,
                             .y_stride = task.w.rows,
                             .cols = static_cast<int>(min<int64_t>(kPanel, task.w.rows - col)),
                             .start = start,
                             .start_stride = first > 0 ? task.w.rows : 0,
                             .ahead = next + i * fetched,
                             .ahead_bytes = kPartBytes / cut.tiles};
      if (is_expanded)
        multiply_rows<ExpandedOf<Type>>(tile, rows);
      else
        multiply_rows<Type>(tile, rows);
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

}  // namespace graft::inline v0::cpu::GRAFT_ISA
