// SPDX-License-Identifier: Apache-2.0
//
// Block formats as integers: each 32 elements of a row are `d` times bytes plus `m`. A type says whether its bytes are
// signed (then m is 0), and whether the halves of 32 have a `d` of their own. `scales` gives d (and m) of up to eight
// times 32 elements, of which `bytes` gives one.
#pragma once

#include "cpu/decode.hpp"
#include "cpu/integer_dot.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

struct Scales {
  FloatSums d[2], m;
};

// The f16 `field` of up to eight blocks, in a register: going through memory would wait for each store.
template <class Block>
void widen_halves(const Block* blocks, int count, uint16_t Block::*field, FloatSums& out) {
  typedef uint16_t Halves __attribute__((vector_size(16)));
  Halves halves = {};
  if (count == 8)
    halves = Halves{blocks[0].*field, blocks[1].*field, blocks[2].*field, blocks[3].*field,
                    blocks[4].*field, blocks[5].*field, blocks[6].*field, blocks[7].*field};
  else
    for (int i = 0; i < count; ++i) halves[i] = blocks[i].*field;
#if defined(__F16C__)
  out = bits<FloatSums>(_mm256_cvtph_ps(bits<__m128i>(halves)));
#else
  float floats[8];
  for (int i = 0; i < 8; i += kLanes)
    store(floats + i, from_f16(load_as<Half>(reinterpret_cast<const char*>(&halves) + 2 * i)));
  memcpy(&out, floats, sizeof(out));
#endif
}

// Eight bytes as floats.
template <class Byte>
void widen_bytes(const void* bytes, FloatSums& out) {
  typedef Byte Eight __attribute__((vector_size(8)));
  out = __builtin_convertvector(load_as<Eight>(bytes), FloatSums);
}

// d, and m = shift * d, of blocks with one scale.
template <class Block>
void block_scales(const Block* blocks, int count, float shift, Scales& scales) {
  widen_halves(blocks, count, &Block::d, scales.d[0]);
  scales.m = shift * scales.d[0];
}

template <class Block>
void block_scales_and_minima(const Block* blocks, int count, Scales& scales) {
  widen_halves(blocks, count, &Block::d, scales.d[0]);
  widen_halves(blocks, count, &Block::m, scales.m);
}

struct IntegerQ4_0 {
  using Block = BlockQ4_0;
  static constexpr bool kSigned = false, kHalves = false;
  static void scales(const Block* blocks, int count, Scales& out) { block_scales(blocks, count, -8, out); }
  static void bytes(const Block* blocks, int i, Bytes& w) { split_nibbles(blocks[i].qs, w); }
};

struct IntegerQ4_1 {
  using Block = BlockQ4_1;
  static constexpr bool kSigned = false, kHalves = false;
  static void scales(const Block* blocks, int count, Scales& out) { block_scales_and_minima(blocks, count, out); }
  static void bytes(const Block* blocks, int i, Bytes& w) { split_nibbles(blocks[i].qs, w); }
};

struct IntegerQ5_0 {
  using Block = BlockQ5_0;
  static constexpr bool kSigned = false, kHalves = false;
  static void scales(const Block* blocks, int count, Scales& out) { block_scales(blocks, count, -16, out); }
  static void bytes(const Block* blocks, int i, Bytes& w) { join_fifth_bits(blocks[i].qs, blocks[i].qh, w); }
};

struct IntegerQ5_1 {
  using Block = BlockQ5_1;
  static constexpr bool kSigned = false, kHalves = false;
  static void scales(const Block* blocks, int count, Scales& out) { block_scales_and_minima(blocks, count, out); }
  static void bytes(const Block* blocks, int i, Bytes& w) { join_fifth_bits(blocks[i].qs, blocks[i].qh, w); }
};

struct IntegerQ8_0 {
  using Block = BlockQ8_0;
  static constexpr bool kSigned = true, kHalves = false;
  static void scales(const Block* blocks, int count, Scales& out) { block_scales(blocks, count, 0, out); }
  static void bytes(const Block* blocks, int i, Bytes& w) { load_bytes(blocks[i].qs, w); }
};

struct IntegerIQ4_NL {
  using Block = BlockIQ4_NL;
  static constexpr bool kSigned = true, kHalves = false;
  static void scales(const Block* blocks, int count, Scales& out) { block_scales(blocks, count, 0, out); }
  static void bytes(const Block* blocks, int i, Bytes& w) {
    split_nibbles(blocks[i].qs, w);
    look_up(kIq4Values, w);
  }
};

// The scales and minima of q4_k and q5_k: four six-bit numbers a word, the last ones in pieces.
template <class Block>
void k_scales(const Block& block, Scales& scales) {
  uint32_t packed[3];
  memcpy(packed, block.scales, sizeof(packed));
  const uint32_t scale = (packed[2] & 0x0f0f0f0fu) | (packed[0] >> 6 & 0x03030303u) << 4;
  const uint32_t minimum = (packed[2] >> 4 & 0x0f0f0f0fu) | (packed[1] >> 6 & 0x03030303u) << 4;
  const uint64_t all_scales = (packed[0] & 0x3f3f3f3fu) | static_cast<uint64_t>(scale) << 32;
  const uint64_t all_minima = (packed[1] & 0x3f3f3f3fu) | static_cast<uint64_t>(minimum) << 32;
  widen_bytes<uint8_t>(&all_scales, scales.d[0]);
  widen_bytes<uint8_t>(&all_minima, scales.m);
  scales.d[0] *= from_f16(block.d);
  scales.m *= -from_f16(block.dmin);
}

struct IntegerQ4_K {
  using Block = BlockQ4_K;
  static constexpr bool kSigned = false, kHalves = false;
  static void scales(const Block* block, int, Scales& out) { k_scales(*block, out); }
  static void bytes(const Block* block, int i, Bytes& w) {
    load_bytes(block->qs + i / 2 * 32, w);
    w = i % 2 == 0 ? w & 15 : w >> 4;
  }
};

struct IntegerQ5_K {
  using Block = BlockQ5_K;
  static constexpr bool kSigned = false, kHalves = false;
  static void scales(const Block* block, int, Scales& out) { k_scales(*block, out); }
  static void bytes(const Block* block, int i, Bytes& w) {
    Bytes high;
    load_bytes(block->qs + i / 2 * 32, w);
    load_bytes(block->qh, high);
    w = (i % 2 == 0 ? w & 15 : w >> 4) | (high >> i & 1) << 4;
  }
};

struct IntegerQ6_K {
  using Block = BlockQ6_K;
  static constexpr bool kSigned = true, kHalves = true;
  static void scales(const Block* block, int, Scales& out) {
    for (int half = 0; half < 2; ++half) {
      widen_bytes<int8_t>(block->scales + 8 * half, out.d[half]);
      out.d[half] *= from_f16(block->d);
    }
  }
  static void bytes(const Block* block, int i, Bytes& w) {
    Bytes high;
    load_bytes(block->ql + i / 4 * 64 + i % 2 * 32, w);
    load_bytes(block->qh + i / 4 * 32, high);
    w = ((i % 4 < 2 ? w & 15 : w >> 4) | (high >> i % 4 * 2 & 3) << 4) - 32;
  }
};

struct IntegerIQ4_XS {
  using Block = BlockIQ4_XS;
  static constexpr bool kSigned = true, kHalves = false;
  static void scales(const Block* block, int, Scales& out) {
    int8_t scales[8];
    for (int i = 0; i < 8; ++i)
      scales[i] =
          static_cast<int8_t>(((block->scales_l[i / 2] >> i % 2 * 4 & 15) | (block->scales_h >> 2 * i & 3) << 4) - 32);
    widen_bytes<int8_t>(scales, out.d[0]);
    out.d[0] *= from_f16(block->d);
  }
  static void bytes(const Block* block, int i, Bytes& w) {
    split_nibbles(block->qs + i * 16, w);
    look_up(kIq4Values, w);
  }
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
