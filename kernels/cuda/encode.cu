// SPDX-License-Identifier: Apache-2.0
//
// Floats as blocks of 32: the scale is a f16, the rounding that of ggml's reference, in double where it multiplies. A
// thread makes a block.
#include "blocks.hpp"
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

// What a thread has read of its block.
struct Values {
  float x[32];

  __device__ explicit Values(const float* data) {
    for (int i = 0; i < 32; ++i) x[i] = load(data + i);
  }
  // The element of the largest magnitude (the first of several), with its sign.
  __device__ float signed_peak() const {
    float peak = 0;
    for (int i = 0; i < 32; ++i)
      if (fabsf(x[i]) > fabsf(peak)) peak = x[i];
    return peak;
  }
  __device__ float low() const {
    float found = x[0];
    for (int i = 1; i < 32; ++i) found = fminf(found, x[i]);
    return found;
  }
  __device__ float high() const {
    float found = x[0];
    for (int i = 1; i < 32; ++i) found = fmaxf(found, x[i]);
    return found;
  }
};

// 0 for scales so small that the inverse overflows.
__device__ float inverse(float d) { return fabsf(d) > 1e-38f ? 1 / d : 0; }

__device__ int quantise(float x, float scale, double shift, int largest) {
  const double q = double(x) * double(scale) + shift;
  if (!(q > 0)) return 0;
  return q < largest ? int(q) : largest;
}

template <class Block, class Quantise>
__device__ void put_halves(Block* block, const Quantise& q) {
  for (int i = 0; i < 16; ++i) store(block->qs + i, uint8_t((q(i) & 15) | (q(i + 16) & 15) << 4));
}
template <class Block, class Quantise>
__device__ void put_fifth_bits(Block* block, const Quantise& q) {
  for (int byte = 0; byte < 4; ++byte) {
    unsigned bits = 0;
    for (int i = 0; i < 8; ++i) bits |= unsigned(q(8 * byte + i) >> 4) << i;
    store(block->qh + byte, uint8_t(bits));
  }
}

__device__ void encode_block(const Values& v, BlockQ8_0* block) {
  const float d = fabsf(v.signed_peak()) / 127, scale = inverse(d);
  store(&block->d, to_f16(d));
  for (int i = 0; i < 32; ++i) {
    const float q = roundf(v.x[i] * scale);
    store(block->qs + i, fabsf(q) <= 127 ? int8_t(q) : int8_t(0));
  }
}
__device__ void encode_block(const Values& v, BlockQ4_0* block) {
  const float d = v.signed_peak() / -8, scale = inverse(d);
  store(&block->d, to_f16(d));
  put_halves(block, [&](int i) { return quantise(v.x[i], scale, 8.5, 15); });
}
__device__ void encode_block(const Values& v, BlockQ5_0* block) {
  const float d = v.signed_peak() / -16, scale = inverse(d);
  const auto q = [&](int i) { return quantise(v.x[i], scale, 16.5, 31); };
  store(&block->d, to_f16(d));
  put_halves(block, q);
  put_fifth_bits(block, q);
}
__device__ void encode_block(const Values& v, BlockQ4_1* block) {
  const float low = v.low(), d = (v.high() - low) / 15, scale = inverse(d);
  store(&block->d, to_f16(d));
  store(&block->m, to_f16(low));
  put_halves(block, [&](int i) { return quantise(v.x[i] - low, scale, 0.5, 15); });
}
__device__ void encode_block(const Values& v, BlockQ5_1* block) {
  const float low = v.low(), d = (v.high() - low) / 31, scale = inverse(d);
  const auto q = [&](int i) { return quantise(v.x[i] - low, scale, 0.5, 31); };
  store(&block->d, to_f16(d));
  store(&block->m, to_f16(low));
  put_halves(block, q);
  put_fifth_bits(block, q);
}

template <class Block>
__global__ void __launch_bounds__(kThreads) encode_rows(const float* x, Block* blocks, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i < count) encode_block(Values(x + i * 32), blocks + i);
}
template <class Block>
void encode_as(const Stream& stream, const float* x, void* out, int64_t count) {
  launch(stream, encode_rows<Block>, Grid{dim3(unsigned(ceil_div(count / 32, kThreads)))}, x, static_cast<Block*>(out),
         count / 32);
}

}  // namespace

void encode(const Stream& stream, Dtype dtype, const float* x, void* out, int64_t count) {
  switch (dtype) {
    case Dtype::q4_0:
      return encode_as<BlockQ4_0>(stream, x, out, count);
    case Dtype::q4_1:
      return encode_as<BlockQ4_1>(stream, x, out, count);
    case Dtype::q5_0:
      return encode_as<BlockQ5_0>(stream, x, out, count);
    case Dtype::q5_1:
      return encode_as<BlockQ5_1>(stream, x, out, count);
    case Dtype::q8_0:
      return encode_as<BlockQ8_0>(stream, x, out, count);
    default:
      return convert(stream, x, dtype, out, count);
  }
}

}  // namespace graft::inline v0::cuda
