// SPDX-License-Identifier: Apache-2.0
//
// Layouts of quantised blocks, as ggml files hold them. Scales named `d`, `m`, `dmin` are f16 bits. How the bits stand
// for numbers is in cpu/blocks_*.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dtype.hpp"

namespace graft::inline v0 {

struct BlockQ4_0 {
  uint16_t d;
  uint8_t qs[16];
};
struct BlockQ4_1 {
  uint16_t d, m;
  uint8_t qs[16];
};
struct BlockQ5_0 {
  uint16_t d;
  uint8_t qh[4], qs[16];
};
struct BlockQ5_1 {
  uint16_t d, m;
  uint8_t qh[4], qs[16];
};
struct BlockQ8_0 {
  uint16_t d;
  int8_t qs[32];
};
struct BlockQ2_K {
  uint8_t scales[16], qs[64];
  uint16_t d, dmin;
};
struct BlockQ3_K {
  uint8_t hmask[32], qs[64], scales[12];
  uint16_t d;
};
struct BlockQ4_K {
  uint16_t d, dmin;
  uint8_t scales[12], qs[128];
};
struct BlockQ5_K {
  uint16_t d, dmin;
  uint8_t scales[12], qh[32], qs[128];
};
struct BlockQ6_K {
  uint8_t ql[128], qh[64];
  int8_t scales[16];
  uint16_t d;
};
struct BlockIQ4_NL {
  uint16_t d;
  uint8_t qs[16];
};
struct BlockIQ4_XS {
  uint16_t d, scales_h;
  uint8_t scales_l[4], qs[128];
};
struct BlockIQ1_S {
  uint16_t d;
  uint8_t qs[32];
  uint16_t qh[8];
};
struct BlockIQ1_M {
  uint8_t qs[32], qh[16];
  uint16_t scales[4];
};
struct BlockIQ2_XXS {
  uint16_t d, qs[32];
};
struct BlockIQ2_XS {
  uint16_t d, qs[32];
  uint8_t scales[8];
};
struct BlockIQ2_S {
  uint16_t d;
  uint8_t qs[32], signs[32], qh[8], scales[8];
};
struct BlockIQ3_XXS {
  uint16_t d;
  uint8_t qs[64], signs[32];
};
struct BlockIQ3_S {
  uint16_t d;
  uint8_t qs[64], qh[8], signs[32], scales[4];
};
struct BlockTQ1_0 {
  uint8_t qs[48], qh[4];
  uint16_t d;
};
struct BlockTQ2_0 {
  uint8_t qs[64];
  uint16_t d;
};
struct BlockMXFP4 {
  uint8_t e, qs[16];
};
struct BlockNVFP4 {
  uint8_t d[4], qs[32];
};

struct BlockSize {
  int elements, bytes;
};

// Elements that share a block (1 for floats), and the bytes of it.
constexpr BlockSize block_size(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return {1, 4};
    case Dtype::f16:
      return {1, 2};
    case Dtype::bf16:
      return {1, 2};
    case Dtype::q4_0:
      return {32, sizeof(BlockQ4_0)};
    case Dtype::q4_1:
      return {32, sizeof(BlockQ4_1)};
    case Dtype::q5_0:
      return {32, sizeof(BlockQ5_0)};
    case Dtype::q5_1:
      return {32, sizeof(BlockQ5_1)};
    case Dtype::q8_0:
      return {32, sizeof(BlockQ8_0)};
    case Dtype::q2_k:
      return {256, sizeof(BlockQ2_K)};
    case Dtype::q3_k:
      return {256, sizeof(BlockQ3_K)};
    case Dtype::q4_k:
      return {256, sizeof(BlockQ4_K)};
    case Dtype::q5_k:
      return {256, sizeof(BlockQ5_K)};
    case Dtype::q6_k:
      return {256, sizeof(BlockQ6_K)};
    case Dtype::iq4_nl:
      return {32, sizeof(BlockIQ4_NL)};
    case Dtype::iq4_xs:
      return {256, sizeof(BlockIQ4_XS)};
    case Dtype::iq1_s:
      return {256, sizeof(BlockIQ1_S)};
    case Dtype::iq1_m:
      return {256, sizeof(BlockIQ1_M)};
    case Dtype::iq2_xxs:
      return {256, sizeof(BlockIQ2_XXS)};
    case Dtype::iq2_xs:
      return {256, sizeof(BlockIQ2_XS)};
    case Dtype::iq2_s:
      return {256, sizeof(BlockIQ2_S)};
    case Dtype::iq3_xxs:
      return {256, sizeof(BlockIQ3_XXS)};
    case Dtype::iq3_s:
      return {256, sizeof(BlockIQ3_S)};
    case Dtype::tq1_0:
      return {256, sizeof(BlockTQ1_0)};
    case Dtype::tq2_0:
      return {256, sizeof(BlockTQ2_0)};
    case Dtype::mxfp4:
      return {32, sizeof(BlockMXFP4)};
    case Dtype::nvfp4:
      return {64, sizeof(BlockNVFP4)};
  }
  return {1, 1};
}

constexpr bool is_quantised(Dtype dtype) { return block_size(dtype).elements > 1; }

// Bytes of `count` elements in row-major order; `count` is a multiple of the block.
constexpr size_t row_bytes(Dtype dtype, int64_t count) {
  const BlockSize block = block_size(dtype);
  return static_cast<size_t>(count / block.elements) * static_cast<size_t>(block.bytes);
}

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22);
static_assert(sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84);
static_assert(sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176);
static_assert(sizeof(BlockQ6_K) == 210 && sizeof(BlockIQ4_NL) == 18 && sizeof(BlockIQ4_XS) == 136);
static_assert(sizeof(BlockIQ1_S) == 50 && sizeof(BlockIQ1_M) == 56 && sizeof(BlockIQ2_XXS) == 66);
static_assert(sizeof(BlockIQ2_XS) == 74 && sizeof(BlockIQ2_S) == 82 && sizeof(BlockIQ3_XXS) == 98);
static_assert(sizeof(BlockIQ3_S) == 110 && sizeof(BlockTQ1_0) == 54 && sizeof(BlockTQ2_0) == 66);
static_assert(sizeof(BlockMXFP4) == 17 && sizeof(BlockNVFP4) == 36);

}  // namespace graft::inline v0
