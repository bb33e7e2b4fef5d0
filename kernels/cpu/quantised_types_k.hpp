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

// Swaps the upper bits of each 2 * shift bits of a with the lower ones of b.
inline void swap_bits(uint32_t& a, uint32_t& b, int shift, uint32_t mask) {
  const uint32_t change = (a >> shift ^ b) & mask;
  a ^= change << shift;
  b ^= change;
}

// Bit p of byte 4g + j as bit g of byte 4p + j: the other way round too.
inline void turn_bits(uint8_t (&field)[32]) {
  uint32_t words[8];
  memcpy(words, field, sizeof(words));
  for (int g = 0; g < 8; g += 2) swap_bits(words[g], words[g + 1], 1, 0x55555555u);
  for (int g = 0; g < 8; g += g % 4 == 1 ? 3 : 1) swap_bits(words[g], words[g + 2], 2, 0x33333333u);
  for (int g = 0; g < 4; ++g) swap_bits(words[g], words[g + 4], 4, 0x0f0f0f0fu);
  memcpy(field, words, sizeof(words));
}

// Two bits of each element. In a file four parts share 32 bytes; arranged, a part has 8 bytes of its own, and byte j of
// its word w holds elements 16w + 4t + j. `is_arranged` tells which way the words lie.
inline void turn_twos(uint8_t (&field)[64], bool is_arranged) {
  uint8_t turned[64];
  for (int quarter = 0; quarter < 4; ++quarter) {
    const int word = quarter % 2;
    uint8_t *shared = field + quarter / 2 * 32 + word * 16, *own = field + quarter / 2 * 32 + word * 4;
    uint32_t words[4];
    for (int t = 0; t < 4; ++t) memcpy(&words[t], is_arranged ? own + 8 * t : shared + 4 * t, 4);
    swap_bits(words[0], words[1], 2, 0x33333333u);
    swap_bits(words[2], words[3], 2, 0x33333333u);
    swap_bits(words[0], words[2], 4, 0x0f0f0f0fu);
    swap_bits(words[1], words[3], 4, 0x0f0f0f0fu);
    for (int t = 0; t < 4; ++t) memcpy(turned + ((is_arranged ? shared + 4 * t : own + 8 * t) - field), &words[t], 4);
  }
  memcpy(field, turned, sizeof(field));
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
  static void arrange(Block& block) { turn_twos(block.qs, false); }
  static void restore(Block& block) { turn_twos(block.qs, true); }
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
    turn_twos(block.qs, false);
    turn_bits(block.hmask);
  }
  static void restore(Block& block) {
    turn_twos(block.qs, true);
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
    turn_twos(block.qh, false);
  }
  static void restore(Block& block) {
    uint8_t parts[128];
    memcpy(parts, block.ql, sizeof(parts));
    for (int p = 0; p < 8; p += p % 4 == 1 ? 3 : 1)
      restore_nibbles(parts + 16 * p, parts + 16 * (p + 2), block.ql + p / 4 * 64 + p % 4 * 32);
    turn_twos(block.qh, true);
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
    const UInt high = __builtin_convertvector(halves_at(block, offsetof(Block, scales_h), v), UInt) >> 2 * part & 3u;
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

}  // namespace graft::inline v0::cpu::GRAFT_ISA
