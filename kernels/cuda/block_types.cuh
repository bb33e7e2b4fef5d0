// SPDX-License-Identifier: Apache-2.0
//
// The dtypes that products read, as they lie in memory: eight(row, first, cols, out) decodes elements [first, first +
// 8) of a row; `first` is a multiple of eight. Blocks and scales are those of blocks.hpp.
#pragma once

#include "blocks.hpp"
#include "cuda/eight.cuh"

namespace graft::inline v0::cuda {

// Eight bytes from an even address.
__device__ inline uint64_t eight_bytes(const uint8_t* at) {
  const uint16_t* const pairs = reinterpret_cast<const uint16_t*>(at);
  uint64_t bytes = 0;
#pragma unroll
  for (int i = 0; i < 4; ++i) bytes |= uint64_t(load(pairs + i)) << 16 * i;
  return bytes;
}
__device__ inline int byte_of(uint64_t bytes, int i) { return int(bytes >> 8 * i & 255); }
__device__ inline float half_at(const uint16_t* at) { return from_f16(load(at)); }

// Value `index` of sixteen signed bytes in two words.
__device__ inline float table_value(uint64_t low, uint64_t high, int index) {
  return float(int8_t((index < 8 ? low : high) >> index % 8 * 8 & 255));
}
// -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
__device__ inline float iq4_value(int index) { return table_value(0xf6eaddcfbfad9881u, 0x7159453526190d01u, index); }

struct Floats {
  __device__ void eight(const char* row, int first, int cols, float (&out)[8]) const {
    load_eight(reinterpret_cast<const float*>(row) + first, cols - first, out);
  }
};
struct Bf16s {
  __device__ void eight(const char* row, int first, int cols, float (&out)[8]) const {
    load_eight(reinterpret_cast<const uint16_t*>(row) + first, cols - first, out);
  }
};
struct F16s {
  __device__ void eight(const char* row, int first, int cols, float (&out)[8]) const {
    const uint16_t* const halves = reinterpret_cast<const uint16_t*>(row) + first;
    for (int i = 0; i < 8; ++i) out[i] = first + i < cols ? half_at(halves + i) : 0;
  }
};

// Rows of blocks: Type::part(block, first, out) decodes eight elements of one block.
template <class Type, class Block, int elements>
struct Blocks {
  __device__ void eight(const char* row, int first, int, float (&out)[8]) const {
    static_cast<const Type*>(this)->part(reinterpret_cast<const Block*>(row) + first / elements, first % elements, out);
  }
};

struct Q4_0 : Blocks<Q4_0, BlockQ4_0, 32> {
  __device__ void part(const BlockQ4_0* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d);
    const uint64_t q = eight_bytes(b->qs + first % 16) >> first / 16 * 4;
    for (int i = 0; i < 8; ++i) out[i] = d * float((byte_of(q, i) & 15) - 8);
  }
};
struct Q4_1 : Blocks<Q4_1, BlockQ4_1, 32> {
  __device__ void part(const BlockQ4_1* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d), m = half_at(&b->m);
    const uint64_t q = eight_bytes(b->qs + first % 16) >> first / 16 * 4;
    for (int i = 0; i < 8; ++i) out[i] = d * float(byte_of(q, i) & 15) + m;
  }
};
struct Q5_0 : Blocks<Q5_0, BlockQ5_0, 32> {
  __device__ void part(const BlockQ5_0* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d);
    const uint64_t q = eight_bytes(b->qs + first % 16) >> first / 16 * 4;
    const int high = load(b->qh + first / 8);
    for (int i = 0; i < 8; ++i) out[i] = d * float(((byte_of(q, i) & 15) | (high >> i & 1) << 4) - 16);
  }
};
struct Q5_1 : Blocks<Q5_1, BlockQ5_1, 32> {
  __device__ void part(const BlockQ5_1* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d), m = half_at(&b->m);
    const uint64_t q = eight_bytes(b->qs + first % 16) >> first / 16 * 4;
    const int high = load(b->qh + first / 8);
    for (int i = 0; i < 8; ++i) out[i] = d * float((byte_of(q, i) & 15) | (high >> i & 1) << 4) + m;
  }
};
struct Q8_0 : Blocks<Q8_0, BlockQ8_0, 32> {
  __device__ void part(const BlockQ8_0* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d);
    const uint64_t q = eight_bytes(reinterpret_cast<const uint8_t*>(b->qs) + first);
    for (int i = 0; i < 8; ++i) out[i] = d * float(int8_t(byte_of(q, i)));
  }
};
struct IQ4_NL : Blocks<IQ4_NL, BlockIQ4_NL, 32> {
  __device__ void part(const BlockIQ4_NL* b, int first, float (&out)[8]) const {
    const float d = half_at(&b->d);
    const uint64_t q = eight_bytes(b->qs + first % 16) >> first / 16 * 4;
    for (int i = 0; i < 8; ++i) out[i] = d * iq4_value(byte_of(q, i) & 15);
  }
};

struct Q2_K : Blocks<Q2_K, BlockQ2_K, 256> {
  __device__ void part(const BlockQ2_K* b, int first, float (&out)[8]) const {
    const int index = first / 16, scales = load(b->scales + index);
    const float scale = half_at(&b->d) * float(scales & 15), minimum = half_at(&b->dmin) * float(scales >> 4);
    const uint64_t q = eight_bytes(b->qs + index / 8 * 32 + first % 32) >> index % 8 / 2 * 2;
    for (int i = 0; i < 8; ++i) out[i] = scale * float(byte_of(q, i) & 3) - minimum;
  }
};
struct Q3_K : Blocks<Q3_K, BlockQ3_K, 256> {
  __device__ void part(const BlockQ3_K* b, int first, float (&out)[8]) const {
    const int index = first / 16;
    const int low = load(b->scales + index % 8) >> index / 8 * 4 & 15;
    const int high = load(b->scales + 8 + index % 4) >> index / 4 * 2 & 3;
    const float scale = half_at(&b->d) * float((low | high << 4) - 32);
    const uint64_t q = eight_bytes(b->qs + index / 8 * 32 + first % 32) >> index % 8 / 2 * 2;
    const uint64_t mask = eight_bytes(b->hmask + first % 32) >> index / 2;
    for (int i = 0; i < 8; ++i) out[i] = scale * float((byte_of(q, i) & 3) - (byte_of(mask, i) & 1 ? 0 : 4));
  }
};

// Six-bit scales and minima of the eight parts of a q4_k or q5_k block.
struct PartScale {
  float scale, minimum;
};
__device__ inline PartScale part_scale(const uint8_t* packed, int part) {
  if (part < 4) return {float(load(packed + part) & 63), float(load(packed + part + 4) & 63)};
  const int both = load(packed + part + 4);
  return {float((both & 15) | load(packed + part - 4) >> 6 << 4), float(both >> 4 | load(packed + part) >> 6 << 4)};
}
struct Q4_K : Blocks<Q4_K, BlockQ4_K, 256> {
  __device__ void part(const BlockQ4_K* b, int first, float (&out)[8]) const {
    const int index = first / 32;
    const PartScale of_part = part_scale(b->scales, index);
    const float scale = half_at(&b->d) * of_part.scale, minimum = half_at(&b->dmin) * of_part.minimum;
    const uint64_t q = eight_bytes(b->qs + index / 2 * 32 + first % 32) >> index % 2 * 4;
    for (int i = 0; i < 8; ++i) out[i] = scale * float(byte_of(q, i) & 15) - minimum;
  }
};
struct Q5_K : Blocks<Q5_K, BlockQ5_K, 256> {
  __device__ void part(const BlockQ5_K* b, int first, float (&out)[8]) const {
    const int index = first / 32;
    const PartScale of_part = part_scale(b->scales, index);
    const float scale = half_at(&b->d) * of_part.scale, minimum = half_at(&b->dmin) * of_part.minimum;
    const uint64_t q = eight_bytes(b->qs + index / 2 * 32 + first % 32) >> index % 2 * 4;
    const uint64_t high = eight_bytes(b->qh + first % 32) >> index;
    for (int i = 0; i < 8; ++i) out[i] = scale * float((byte_of(q, i) & 15) | (byte_of(high, i) & 1) << 4) - minimum;
  }
};
struct Q6_K : Blocks<Q6_K, BlockQ6_K, 256> {
  __device__ void part(const BlockQ6_K* b, int first, float (&out)[8]) const {
    const int index = first / 16, within = index % 8;  // of a half of 128 elements
    const float scale = half_at(&b->d) * float(load(b->scales + index));
    const uint64_t low = eight_bytes(b->ql + index / 8 * 64 + first % 64) >> within / 4 * 4;
    const uint64_t high = eight_bytes(b->qh + index / 8 * 32 + first % 32) >> within / 2 * 2;
    for (int i = 0; i < 8; ++i) out[i] = scale * float(((byte_of(low, i) & 15) | (byte_of(high, i) & 3) << 4) - 32);
  }
};
struct IQ4_XS : Blocks<IQ4_XS, BlockIQ4_XS, 256> {
  __device__ void part(const BlockIQ4_XS* b, int first, float (&out)[8]) const {
    const int index = first / 32;
    const int low = load(b->scales_l + index / 2) >> index % 2 * 4 & 15, high = load(&b->scales_h) >> index * 2 & 3;
    const float scale = half_at(&b->d) * float((low | high << 4) - 32);
    const uint64_t q = eight_bytes(b->qs + index * 16 + first % 16) >> first % 32 / 16 * 4;
    for (int i = 0; i < 8; ++i) out[i] = scale * iq4_value(byte_of(q, i) & 15);
  }
};

// Whether body(type) was called with the type of the dtype.
template <class Body>
bool with_packed_type(Dtype dtype, const Body& body) {
  switch (dtype) {
    case Dtype::f32:
      return body(Floats()), true;
    case Dtype::f16:
      return body(F16s()), true;
    case Dtype::bf16:
      return body(Bf16s()), true;
    case Dtype::q4_0:
      return body(Q4_0()), true;
    case Dtype::q4_1:
      return body(Q4_1()), true;
    case Dtype::q5_0:
      return body(Q5_0()), true;
    case Dtype::q5_1:
      return body(Q5_1()), true;
    case Dtype::q8_0:
      return body(Q8_0()), true;
    case Dtype::q2_k:
      return body(Q2_K()), true;
    case Dtype::q3_k:
      return body(Q3_K()), true;
    case Dtype::q4_k:
      return body(Q4_K()), true;
    case Dtype::q5_k:
      return body(Q5_K()), true;
    case Dtype::q6_k:
      return body(Q6_K()), true;
    case Dtype::iq4_nl:
      return body(IQ4_NL()), true;
    case Dtype::iq4_xs:
      return body(IQ4_XS()), true;
    default:
      return false;
  }
}

}  // namespace graft::inline v0::cuda
