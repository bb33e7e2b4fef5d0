// SPDX-License-Identifier: Apache-2.0
//
// The packed form of quantised weights: a panel has 32 outputs, whose blocks lie side by side. Each field of a block
// stands at 32 times its offset, as pieces of 2 bytes (scales) or 4 bytes (four elements or more) of one output after
// the other, so that a vector holds the same elements of as many outputs as it has lanes. The size stays the same.
//
// A type says how its blocks look. A block has kParts times 32 elements. Element k of a part is
// scale · (byte - kOffset) (- minimum), where byte k is in quad k / 4; each half of a part has a scale of its own when
// kHalves, and kIsBytes says that quads lie in the block as they are. `arrange` moves the bits of a block to where
// quads find them, `restore` moves them back.
#pragma once

#include <stddef.h>

#include "cpu/decode.hpp"
#include "cpu/integer_dot.hpp"
#include "cpu/panels.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

inline constexpr int kQuads = 8;  // of a part

struct Field {
  size_t offset;
  int piece, count;
};

// ---- a field of vector v of a panel ----

inline UInt words_at(const char* block, size_t offset, int index, int v) {
  return load_as<UInt>(block + kPanel * offset + (index * kPanel + v * kLanes) * 4);
}
inline Half halves_at(const char* block, size_t offset, int v) {
  return load_as<Half>(block + kPanel * offset + v * kLanes * 2);
}

// Quad g of four-bit elements: a byte holds elements k and k + 16.
inline UInt nibbles_at(const char* block, size_t offset, int g, int v) {
  return words_at(block, offset, g % 4, v) >> g / 4 * 4 & 0x0f0f0f0fu;
}
// Quad g of single bits, of which a byte holds every fourth.
inline UInt bits_at(const char* block, size_t offset, int g, int v) {
  return words_at(block, offset, 0, v) >> g & 0x01010101u;
}

// ---- what most types have ----

struct PlainType {
  static constexpr int kParts = 1, kOffset = 0;
  static constexpr bool kMinimum = false, kHalves = false, kIsBytes = false;
  template <class Block>
  static void arrange(Block&) {}
  template <class Block>
  static void restore(Block&) {}
};

// Blocks that begin with a scale, and perhaps a minimum.
struct SimpleType : PlainType {
  static Vec scale(const char* block, int, int, int v) { return from_f16(halves_at(block, 0, v)); }
  static Vec minimum(const char* block, int, int, int v) { return -from_f16(halves_at(block, 2, v)); }
};

struct PanelQ4_0 : SimpleType {
  using Block = BlockQ4_0;
  static constexpr int kOffset = 8, kLargest = 15;
  static constexpr Field kFields[] = {{0, 2, 1}, {offsetof(Block, qs), 4, 4}};
  static Quads quad(const char* block, int, int g, int v) {
    return bits<Quads>(nibbles_at(block, offsetof(Block, qs), g, v));
  }
};

struct PanelQ4_1 : SimpleType {
  using Block = BlockQ4_1;
  static constexpr int kLargest = 15;
  static constexpr bool kMinimum = true;
  static constexpr Field kFields[] = {{0, 2, 1}, {2, 2, 1}, {offsetof(Block, qs), 4, 4}};
  static Quads quad(const char* block, int, int g, int v) {
    return bits<Quads>(nibbles_at(block, offsetof(Block, qs), g, v));
  }
};

struct PanelIQ4_NL : SimpleType {
  using Block = BlockIQ4_NL;
  static constexpr int kOffset = 128, kLargest = 255;
  static constexpr Field kFields[] = {{0, 2, 1}, {offsetof(Block, qs), 4, 4}};
  static constexpr uint8_t kValues[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                          129, 141, 153, 166, 181, 197, 217, 241};  // kIq4Values + 128
  static Quads quad(const char* block, int, int g, int v) {
    return look_up(kValues, bits<Quads>(nibbles_at(block, offsetof(Block, qs), g, v)));
  }
};

struct PanelQ8_0 : SimpleType {
  using Block = BlockQ8_0;
  static constexpr int kOffset = 128, kLargest = 255;
  static constexpr bool kIsBytes = true;
  static constexpr Field kFields[] = {{0, 2, 1}, {offsetof(Block, qs), 4, 8}};
  static Quads quad(const char* block, int, int g, int v) {
    return bits<Quads>(words_at(block, offsetof(Block, qs), g, v));
  }
  static void arrange(Block& block) {
    for (int8_t& q : block.qs) q = static_cast<int8_t>(q ^ -128);
  }
  static void restore(Block& block) { arrange(block); }
};

// Bit 4g + j of a word as bit g of byte j, and back.
inline void arrange_bits(uint8_t (&field)[4]) {
  uint32_t word, arranged = 0;
  memcpy(&word, field, sizeof(word));
  for (int j = 0; j < 4; ++j) {
    uint32_t x = word >> j & 0x11111111u;
    x = (x | x >> 3) & 0x03030303u;
    x = (x | x >> 6) & 0x000f000fu;
    arranged |= ((x | x >> 12) & 255u) << 8 * j;
  }
  memcpy(field, &arranged, sizeof(word));
}
inline void restore_bits(uint8_t (&field)[4]) {
  uint32_t word = 0;
  for (int j = 0; j < 4; ++j) {
    uint32_t x = field[j];
    x = (x | x << 12) & 0x000f000fu;
    x = (x | x << 6) & 0x03030303u;
    word |= ((x | x << 3) & 0x11111111u) << j;
  }
  memcpy(field, &word, sizeof(word));
}

// Four bits and a fifth.
template <class BlockType>
struct FiveBitType : SimpleType {
  using Block = BlockType;
  static constexpr int kLargest = 31;
  static Quads quad(const char* block, int, int g, int v) {
    return bits<Quads>(nibbles_at(block, offsetof(Block, qs), g, v) | bits_at(block, offsetof(Block, qh), g, v) << 4);
  }
  static void arrange(Block& block) { arrange_bits(block.qh); }
  static void restore(Block& block) { restore_bits(block.qh); }
};

struct PanelQ5_0 : FiveBitType<BlockQ5_0> {
  static constexpr int kOffset = 16;
  static constexpr Field kFields[] = {{0, 2, 1}, {offsetof(Block, qh), 4, 1}, {offsetof(Block, qs), 4, 4}};
};

struct PanelQ5_1 : FiveBitType<BlockQ5_1> {
  static constexpr bool kMinimum = true;
  static constexpr Field kFields[] = {{0, 2, 1}, {2, 2, 1}, {offsetof(Block, qh), 4, 1}, {offsetof(Block, qs), 4, 4}};
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
