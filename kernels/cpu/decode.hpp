// SPDX-License-Identifier: Apache-2.0
//
// Rows of blocks as floats, and back.
#pragma once

#include "blocks.hpp"
#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// `count` elements, a multiple of the block, as floats.
using DecodeRow = void (*)(const void* data, float* out, int64_t count);
DecodeRow row_decoder(Dtype);

// decode(block, out) of each block of `data`.
template <class Block, int elements, void (*decode)(const Block&, float*)>
void decode_blocks(const void* data, float* out, int64_t count) {
  const Block* blocks = static_cast<const Block*>(data);
  for (int64_t i = 0; i < count / elements; ++i) decode(blocks[i], out + i * elements);
}

// Six-bit scales and minima of the eight parts of a q4_k or q5_k block.
struct PartScale {
  int scale, minimum;
};
inline PartScale part_scale(const uint8_t* packed, int part) {
  if (part < 4) return {packed[part] & 63, packed[part + 4] & 63};
  return {(packed[part + 4] & 15) | (packed[part - 4] >> 6 << 4), (packed[part + 4] >> 4) | (packed[part] >> 6 << 4)};
}

// The sixteen values of the iq4 types.
inline constexpr int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

void decode_q4_0(const void*, float*, int64_t);
void decode_q4_1(const void*, float*, int64_t);
void decode_q5_0(const void*, float*, int64_t);
void decode_q5_1(const void*, float*, int64_t);
void decode_q8_0(const void*, float*, int64_t);
void decode_iq4_nl(const void*, float*, int64_t);
void decode_mxfp4(const void*, float*, int64_t);
void decode_nvfp4(const void*, float*, int64_t);
void decode_q2_k(const void*, float*, int64_t);
void decode_q3_k(const void*, float*, int64_t);
void decode_q4_k(const void*, float*, int64_t);
void decode_q5_k(const void*, float*, int64_t);
void decode_q6_k(const void*, float*, int64_t);
void decode_iq4_xs(const void*, float*, int64_t);
void decode_tq1_0(const void*, float*, int64_t);
void decode_tq2_0(const void*, float*, int64_t);
void decode_iq1_s(const void*, float*, int64_t);
void decode_iq1_m(const void*, float*, int64_t);
void decode_iq2_xxs(const void*, float*, int64_t);
void decode_iq2_xs(const void*, float*, int64_t);
void decode_iq2_s(const void*, float*, int64_t);
void decode_iq3_xxs(const void*, float*, int64_t);
void decode_iq3_s(const void*, float*, int64_t);

}  // namespace graft::inline v0::cpu::GRAFT_ISA
