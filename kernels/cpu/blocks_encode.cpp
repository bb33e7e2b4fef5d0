// SPDX-License-Identifier: Apache-2.0
//
// Floats as blocks of 32: the scale is a f16, the rounding that of ggml's reference. Products are in double, so that
// every instruction set gives the same bytes.
#include <math.h>

#include "cpu/decode.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The element of the largest magnitude (the first of several), with its sign.
float signed_peak(const float* x) {
  float peak = 0, magnitude = 0;
  for (int i = 0; i < 32; ++i)
    if (fabsf(x[i]) > magnitude) {
      magnitude = fabsf(x[i]);
      peak = x[i];
    }
  return peak;
}

struct Range {
  float low, high;
};
Range range(const float* x) {
  Range r = {x[0], x[0]};
  for (int i = 1; i < 32; ++i) r = {min(r.low, x[i]), max(r.high, x[i])};
  return r;
}

// 0 for scales so small that the inverse overflows.
float inverse(float d) { return fabsf(d) > 1e-38f ? 1 / d : 0; }

int quantise(float x, float scale, double shift, int largest) {
  const double q = static_cast<double>(x) * scale + shift;
  if (!(q > 0)) return 0;
  return q < largest ? static_cast<int>(q) : largest;
}

template <class Block>
void put_halves(Block& block, const int* q) {
  for (int i = 0; i < 16; ++i) block.qs[i] = static_cast<uint8_t>((q[i] & 15) | (q[i + 16] & 15) << 4);
}

template <class Block>
void put_fifth_bits(Block& block, const int* q) {
  memset(block.qh, 0, 4);
  for (int i = 0; i < 32; ++i) block.qh[i / 8] = static_cast<uint8_t>(block.qh[i / 8] | (q[i] >> 4) << i % 8);
}

void encode(const float* x, BlockQ8_0& block) {
  const float d = fabsf(signed_peak(x)) / 127, scale = inverse(d);
  block.d = to_f16(d);
  for (int i = 0; i < 32; ++i) {
    const float q = roundf(x[i] * scale);
    block.qs[i] = fabsf(q) <= 127 ? static_cast<int8_t>(q) : 0;
  }
}

void encode(const float* x, BlockQ4_0& block) {
  const float d = signed_peak(x) / -8, scale = inverse(d);
  int q[32];
  for (int i = 0; i < 32; ++i) q[i] = quantise(x[i], scale, 8.5, 15);
  block.d = to_f16(d);
  put_halves(block, q);
}

void encode(const float* x, BlockQ5_0& block) {
  const float d = signed_peak(x) / -16, scale = inverse(d);
  int q[32];
  for (int i = 0; i < 32; ++i) q[i] = quantise(x[i], scale, 16.5, 31);
  block.d = to_f16(d);
  put_halves(block, q);
  put_fifth_bits(block, q);
}

void encode(const float* x, BlockQ4_1& block) {
  const auto [low, high] = range(x);
  const float d = (high - low) / 15, scale = inverse(d);
  int q[32];
  for (int i = 0; i < 32; ++i) q[i] = quantise(x[i] - low, scale, 0.5, 15);
  block.d = to_f16(d);
  block.m = to_f16(low);
  put_halves(block, q);
}

void encode(const float* x, BlockQ5_1& block) {
  const auto [low, high] = range(x);
  const float d = (high - low) / 31, scale = inverse(d);
  int q[32];
  for (int i = 0; i < 32; ++i) q[i] = quantise(x[i] - low, scale, 0.5, 31);
  block.d = to_f16(d);
  block.m = to_f16(low);
  put_halves(block, q);
  put_fifth_bits(block, q);
}

template <class Block>
void encode_blocks(const Stream& stream, const float* x, void* out, int64_t count) {
  Block* blocks = static_cast<Block*>(out);
  parallel_ranges(stream, count / 32, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) encode(x + i * 32, blocks[i]);
  });
}

}  // namespace

void encode(const Stream& stream, Dtype dtype, const float* x, void* out, int64_t count) {
  switch (dtype) {
    case Dtype::q4_0:
      return encode_blocks<BlockQ4_0>(stream, x, out, count);
    case Dtype::q4_1:
      return encode_blocks<BlockQ4_1>(stream, x, out, count);
    case Dtype::q5_0:
      return encode_blocks<BlockQ5_0>(stream, x, out, count);
    case Dtype::q5_1:
      return encode_blocks<BlockQ5_1>(stream, x, out, count);
    case Dtype::q8_0:
      return encode_blocks<BlockQ8_0>(stream, x, out, count);
    default:
      return convert(stream, x, dtype, out, count);
  }
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
