// SPDX-License-Identifier: Apache-2.0
#include "cpu/quantised_panel.hpp"

#include "cpu/quantised_types_k.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Pieces `index` of a field of four blocks, in a row.
template <class Piece, class Block>
void spread_pieces(const Block* four, size_t offset, int index, char* to) {
  Piece pieces[4];
  for (int i = 0; i < 4; ++i)
    memcpy(&pieces[i], reinterpret_cast<const char*>(&four[i]) + offset + index * sizeof(Piece), sizeof(Piece));
  memcpy(to + index * kPanel * sizeof(Piece), pieces, sizeof(pieces));
}

// A field of rows [row, row + 4) of a panel.
template <class Block>
void spread_field(const Block* four, const Field& field, int row, char* panel) {
  char* to = panel + kPanel * field.offset + row * field.piece;
  int index = 0;
  for (; field.piece == 4 && index + 4 <= field.count; index += 4) {
    Quad quads[4];
    for (int i = 0; i < 4; ++i)
      quads[i] = load_as<Quad>(reinterpret_cast<const char*>(&four[i]) + field.offset + index * 4);
    transpose(quads);
    for (int i = 0; i < 4; ++i) memcpy(to + (index + i) * kPanel * 4, &quads[i], sizeof(Quad));
  }
  for (; index < field.count; ++index)
    if (field.piece == 4)
      spread_pieces<uint32_t>(four, field.offset, index, to);
    else
      spread_pieces<uint16_t>(four, field.offset, index, to);
}

template <int piece, class Block>
void gather_field(const char* panel, const Field& field, int row, Block& block) {
  const char* from = panel + kPanel * field.offset + row * piece;
  char* to = reinterpret_cast<char*>(&block) + field.offset;
  for (int i = 0; i < field.count; ++i) memcpy(to + i * piece, from + i * kPanel * piece, piece);
}

template <class Type>
void pack_blocks(const char* rows, int count, int64_t blocks, char* panel) {
  using Block = typename Type::Block;
  const Block* all = reinterpret_cast<const Block*>(rows);
  for (int64_t i = 0; i < blocks; ++i, panel += kPanel * sizeof(Block))
    for (int row = 0; row < kPanel; row += 4) {
      Block four[4] = {};
      for (int r = 0; r < min(4, count - row); ++r) {
        four[r] = all[(row + r) * blocks + i];
        Type::arrange(four[r]);
      }
#pragma GCC unroll 8
      for (const Field& field : Type::kFields) spread_field(four, field, row, panel);
    }
}

template <class Type>
void restore_blocks(const char* panel, int row, int64_t blocks, DecodeRow decode, float* out) {
  using Block = typename Type::Block;
  constexpr int kElements = Type::kParts * 32;
  for (int64_t i = 0; i < blocks; ++i, panel += kPanel * sizeof(Block), out += kElements) {
    Block block;
    for (const Field& field : Type::kFields)
      field.piece == 4 ? gather_field<4>(panel, field, row, block) : gather_field<2>(panel, field, row, block);
    Type::restore(block);
    decode(&block, out, kElements);
  }
}

template <class Type>
void expand(const char* block, int part, PanelPart& out) {
  for (int v = 0; v < kPanel / kLanes; ++v) {
    for (int half = 0; half < (Type::kHalves ? 2 : 1); ++half) {
      store(out.scales[half] + v * kLanes, Type::scale(block, part, half, v));
      if constexpr (Type::kMinimum) store(out.minima[half] + v * kLanes, Type::minimum(block, part, half, v));
    }
#pragma GCC unroll 8
    for (int g = 0; g < kQuads; ++g) {
      const Quads quad = Type::quad(block, part, g, v);
      memcpy(out.bytes[g][v * kLanes], &quad, sizeof(quad));
    }
  }
}

}  // namespace

PartKind part_kind(Dtype dtype) {
  PartKind kind = {};
  with_quantised_type(dtype, [&](auto type) {
    using Type = decltype(type);
    kind = {Type::kOffset, Type::kMinimum, Type::kHalves};
  });
  return kind;
}

void expand_parts(Dtype dtype, const char* panel, int64_t first, int count, PanelPart* out) {
  with_quantised_type(dtype, [&](auto type) {
    using Type = decltype(type);
    for (int64_t i = first; i < first + count; ++i)
      expand<Type>(panel + i / Type::kParts * kPanel * sizeof(typename Type::Block), i % Type::kParts, *out++);
  });
}

void pack_quantised(Dtype dtype, const char* rows, int count, int cols, char* panel) {
  with_quantised_type(dtype, [&](auto type) {
    using Type = decltype(type);
    pack_blocks<Type>(rows, count, cols / (Type::kParts * 32), panel);
  });
}

void restore_row(Dtype dtype, const char* panel, int row, int cols, float* out) {
  with_quantised_type(dtype, [&](auto type) {
    using Type = decltype(type);
    restore_blocks<Type>(panel, row, cols / (Type::kParts * 32), row_decoder(dtype), out);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
