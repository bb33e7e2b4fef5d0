// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 256 elements, whose parts have small integer scales.
#pragma once

#include "cpu/quantised_types.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

struct LargeType : PlainType {
  static constexpr int kParts = 8;
};

inline Vec as_floats(UInt v) { return __builtin_convertvector(bits<Int>(v), Vec); }

// Byte `index` of the words of a field, in each lane.
inline UInt bytes_at(const char* block, size_t offset, int index, int v) {
  return words_at(block, offset, index / 4, v) >> index % 4 * 8 & 255u;
}

// Two neighbouring parts of 32 share 32 bytes, one in the low nibbles. Arranged, each part has 16 bytes of its own.
inline void arrange_nibbles(uint8_t* shared, uint8_t* low, uint8_t* high) {
  uint8_t pair[32];
  memcpy(pair, shared, sizeof(pair));
  for (int i = 0; i < 16; ++i) {
    low[i] = static_cast<uint8_t>((pair[i] & 15) | pair[i + 16] << 4);
    high[i] = static_cast<uint8_t>(pair[i] >> 4 | (pair[i + 16] & 0xf0));
  }
}
inline void restore_nibbles(const uint8_t* low, const uint8_t* high, uint8_t* shared) {
  for (int i = 0; i < 16; ++i) {
    shared[i] = static_cast<uint8_t>((low[i] & 15) | high[i] << 4);
    shared[i + 16] = static_cast<uint8_t>(low[i] >> 4 | (high[i] & 0xf0));
  }
}

// Bit p of byte 4g + j as bit g of byte 4p + j: the other way round too.
inline void turn_bits(uint8_t (&field)[32]) {
  for (int j = 0; j < 4; ++j) {
    uint64_t x = 0;
    for (int g = 0; g < 8; ++g) x |= static_cast<uint64_t>(field[4 * g + j]) << 8 * g;
    uint64_t t = (x ^ x >> 7) & 0x00aa00aa00aa00aaull;
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & 0x0000cccc0000ccccull;
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & 0x00000000f0f0f0f0ull;
    x ^= t ^ t << 28;
    for (int g = 0; g < 8; ++g) field[4 * g + j] = static_cast<uint8_t>(x >> 8 * g);
  }
}

// Two bits of each element. In a file four parts share 32 bytes; arranged, a part has 8 bytes of its own, and byte j of
// its word w holds elements 16w + 4t + j.
inline void arrange_twos(uint8_t (&field)[64]) {
  uint8_t arranged[64] = {};
  for (int part = 0; part < 8; ++part)
    for (int k = 0; k < 32; ++k)
      arranged[part * 8 + k / 16 * 4 + k % 4] |=
          static_cast<uint8_t>((field[part / 4 * 32 + k] >> part % 4 * 2 & 3) << k % 16 / 4 * 2);
  memcpy(field, arranged, sizeof(field));
}
inline void restore_twos(uint8_t (&field)[64]) {
  uint8_t restored[64] = {};
  for (int part = 0; part < 8; ++part)
    for (int k = 0; k < 32; ++k)
      restored[part / 4 * 32 + k] |=
          static_cast<uint8_t>((field[part * 8 + k / 16 * 4 + k % 4] >> k % 16 / 4 * 2 & 3) << part % 4 * 2);
  memcpy(field, restored, sizeof(field));
}
inline UInt twos_at(const char* block, size_t offset, int part, int g, int v) {
  return words_at(block, offset, part * 2 + g / 4, v) >> g % 4 * 2 & 0x03030303u;
}

struct PanelQ2_K : LargeType {
  using Block = BlockQ2_K;
  static constexpr int kLargest = 3;
  static constexpr bool kMinimum = true, kHalves = true;
  static constexpr Field kFields[] = {{offsetof(Block, scales), 4, 4},
                                      {offsetof(Block, qs), 4, 16},
                                      {offsetof(Block, d), 2, 1},
                                      {offsetof(Block, dmin), 2, 1}};
  static Quads quad(const char* block, int part, int g, int v) {
    return bits<Quads>(twos_at(block, offsetof(Block, qs), part, g, v));
  }
  static Vec scale(const char* block, int part, int half, int v) {
    const UInt packed = bytes_at(block, offsetof(Block, scales), 2 * part + half, v);
    return from_f16(halves_at(block, offsetof(Block, d), v)) * as_floats(packed & 15u);
  }
  static Vec minimum(const char* block, int part, int half, int v) {
    const UInt packed = bytes_at(block, offsetof(Block, scales), 2 * part + half, v);
    return from_f16(halves_at(block, offsetof(Block, dmin), v)) * as_floats(packed >> 4);
  }
  static void arrange(Block& block) { arrange_twos(block.qs); }
  static void restore(Block& block) { restore_twos(block.qs); }
};

struct PanelQ3_K : LargeType {
  using Block = BlockQ3_K;
  static constexpr int kOffset = 4, kLargest = 7;
  static constexpr bool kHalves = true;
  static constexpr Field kFields[] = {{offsetof(Block, hmask), 4, 8},
                                      {offsetof(Block, qs), 4, 16},
                                      {offsetof(Block, scales), 4, 3},
                                      {offsetof(Block, d), 2, 1}};
  static Quads quad(const char* block, int part, int g, int v) {
    return bits<Quads>(twos_at(block, offsetof(Block, qs), part, g, v) |
                       bits_at(block, offsetof(Block, hmask) + 4 * static_cast<size_t>(part), g, v) << 2);
  }
  static Vec scale(const char* block, int part, int half, int v) {
    const int index = 2 * part + half;
    const UInt low = bytes_at(block, offsetof(Block, scales), index % 8, v) >> index / 8 * 4 & 15u;
    const UInt high = bytes_at(block, offsetof(Block, scales), 8 + index % 4, v) >> index / 4 * 2 & 3u;
    return from_f16(halves_at(block, offsetof(Block, d), v)) * (as_floats(low | high << 4) - 32.0f);
  }
  static void arrange(Block& block) {
    arrange_twos(block.qs);
    turn_bits(block.hmask);
  }
  static void restore(Block& block) {
    restore_twos(block.qs);
    turn_bits(block.hmask);
  }
};

// Six-bit scales and minima in twelve bytes.
template <class BlockType>
struct SixBitScales : LargeType {
  using Block = BlockType;
  static constexpr bool kMinimum = true;
  static UInt split_number(const char* block, int part, int shift, int other, int v) {
    const UInt low = bytes_at(block, offsetof(Block, scales), 4 + part, v) >> shift & 15u;
    return low | bytes_at(block, offsetof(Block, scales), part - 4 + other, v) >> 6 << 4;
  }
  static Vec scale(const char* block, int part, int, int v) {
    const UInt number =
        part < 4 ? bytes_at(block, offsetof(Block, scales), part, v) & 63u : split_number(block, part, 0, 0, v);
    return from_f16(halves_at(block, offsetof(Block, d), v)) * as_floats(number);
  }
  static Vec minimum(const char* block, int part, int, int v) {
    const UInt number =
        part < 4 ? bytes_at(block, offsetof(Block, scales), part + 4, v) & 63u : split_number(block, part, 4, 4, v);
    return from_f16(halves_at(block, offsetof(Block, dmin), v)) * as_floats(number);
  }
  static void arrange(Block& block) {
    for (int pair = 0; pair < 4; ++pair) {
      uint8_t* qs = block.qs + 32 * pair;
      arrange_nibbles(qs, qs, qs + 16);
    }
  }
  static void restore(Block& block) {
    for (int pair = 0; pair < 4; ++pair) {
      uint8_t parts[32];
      memcpy(parts, block.qs + 32 * pair, sizeof(parts));
      restore_nibbles(parts, parts + 16, block.qs + 32 * pair);
    }
  }
};

struct PanelQ4_K : SixBitScales<BlockQ4_K> {
  static constexpr int kLargest = 15;
  static constexpr Field kFields[] = {{offsetof(Block, d), 2, 1},
                                      {offsetof(Block, dmin), 2, 1},
                                      {offsetof(Block, scales), 4, 3},
                                      {offsetof(Block, qs), 4, 32}};
  static Quads quad(const char* block, int part, int g, int v) {
    return bits<Quads>(nibbles_at(block, offsetof(Block, qs) + 16 * static_cast<size_t>(part), g, v));
  }
};

struct PanelQ5_K : SixBitScales<BlockQ5_K> {
  static constexpr int kLargest = 31;
  static constexpr Field kFields[] = {{offsetof(Block, d), 2, 1},
                                      {offsetof(Block, dmin), 2, 1},
                                      {offsetof(Block, scales), 4, 3},
                                      {offsetof(Block, qh), 4, 8},
                                      {offsetof(Block, qs), 4, 32}};
  static Quads quad(const char* block, int part, int g, int v) {
    const size_t at = static_cast<size_t>(part);
    return bits<Quads>(nibbles_at(block, offsetof(Block, qs) + 16 * at, g, v) |
                       bits_at(block, offsetof(Block, qh) + 4 * at, g, v) << 4);
  }
  static void arrange(Block& block) {
    SixBitScales::arrange(block);
    turn_bits(block.qh);
  }
  static void restore(Block& block) {
    SixBitScales::restore(block);
    turn_bits(block.qh);
  }
};

struct PanelQ6_K : LargeType {
  using Block = BlockQ6_K;
  static constexpr int kOffset = 32, kLargest = 63;
  static constexpr bool kHalves = true;
  static constexpr Field kFields[] = {{offsetof(Block, ql), 4, 32},
                                      {offsetof(Block, qh), 4, 16},
                                      {offsetof(Block, scales), 4, 4},
                                      {offsetof(Block, d), 2, 1}};
  static Quads quad(const char* block, int part, int g, int v) {
    return bits<Quads>(nibbles_at(block, offsetof(Block, ql) + 16 * static_cast<size_t>(part), g, v) |
                       twos_at(block, offsetof(Block, qh), part, g, v) << 4);
  }
  static Vec scale(const char* block, int part, int half, int v) {
    const UInt word = words_at(block, offsetof(Block, scales), part / 2, v);
    const Int number = bits<Int>(word << (24 - (2 * part + half) % 4 * 8)) >> 24;
    return from_f16(halves_at(block, offsetof(Block, d), v)) * __builtin_convertvector(number, Vec);
  }
  // Parts p and p + 2 of four share their bytes.
  static void arrange(Block& block) {
    uint8_t parts[128];
    for (int p = 0; p < 8; p += p % 4 == 1 ? 3 : 1)
      arrange_nibbles(block.ql + p / 4 * 64 + p % 4 * 32, parts + 16 * p, parts + 16 * (p + 2));
    memcpy(block.ql, parts, sizeof(parts));
    arrange_twos(block.qh);
  }
  static void restore(Block& block) {
    uint8_t parts[128];
    memcpy(parts, block.ql, sizeof(parts));
    for (int p = 0; p < 8; p += p % 4 == 1 ? 3 : 1)
      restore_nibbles(parts + 16 * p, parts + 16 * (p + 2), block.ql + p / 4 * 64 + p % 4 * 32);
    restore_twos(block.qh);
  }
};

struct PanelIQ4_XS : LargeType {
  using Block = BlockIQ4_XS;
  static constexpr int kOffset = 128, kLargest = 255;
  static constexpr Field kFields[] = {{offsetof(Block, d), 2, 1},
                                      {offsetof(Block, scales_h), 2, 1},
                                      {offsetof(Block, scales_l), 4, 1},
                                      {offsetof(Block, qs), 4, 32}};
  static Quads quad(const char* block, int part, int g, int v) {
    return look_up(PanelIQ4_NL::kValues,
                   bits<Quads>(nibbles_at(block, offsetof(Block, qs) + 16 * static_cast<size_t>(part), g, v)));
  }
  static Vec scale(const char* block, int part, int, int v) {
    const UInt low = words_at(block, offsetof(Block, scales_l), 0, v) >> 4 * part & 15u;
    const UInt high =
        __builtin_convertvector(halves_at(block, offsetof(Block, scales_h), v), UInt) >> 2 * part & 3u;
    return from_f16(halves_at(block, offsetof(Block, d), v)) * (as_floats(low | high << 4) - 32.0f);
  }
};

// body(type) with the type of the dtype.
template <class Body>
void with_quantised_type(Dtype dtype, const Body& body) {
  switch (dtype) {
    case Dtype::q4_0:
      return body(PanelQ4_0{});
    case Dtype::q4_1:
      return body(PanelQ4_1{});
    case Dtype::q5_0:
      return body(PanelQ5_0{});
    case Dtype::q5_1:
      return body(PanelQ5_1{});
    case Dtype::q8_0:
      return body(PanelQ8_0{});
    case Dtype::q2_k:
      return body(PanelQ2_K{});
    case Dtype::q3_k:
      return body(PanelQ3_K{});
    case Dtype::q4_k:
      return body(PanelQ4_K{});
    case Dtype::q5_k:
      return body(PanelQ5_K{});
    case Dtype::q6_k:
      return body(PanelQ6_K{});
    case Dtype::iq4_nl:
      return body(PanelIQ4_NL{});
    case Dtype::iq4_xs:
      return body(PanelIQ4_XS{});
    default:
      return;
  }
}

}  // namespace graft::v0::cpu::GRAFT_ISA
