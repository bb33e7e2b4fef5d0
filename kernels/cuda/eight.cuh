// SPDX-License-Identifier: Apache-2.0
//
// Eight neighbouring elements at a time: what a thread reads, decodes or writes at once.
#pragma once

#include "cuda/device.cuh"

namespace graft::inline v0::cuda {

__device__ inline bool is_aligned(const void* at) { return reinterpret_cast<uintptr_t>(at) % 16 == 0; }

// Elements beyond `count` are 0.
__device__ inline void load_eight(const float* x, int count, float (&out)[8]) {
  if (count >= 8 && is_aligned(x)) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float4 four = load(reinterpret_cast<const float4*>(x) + half);
      out[4 * half] = four.x, out[4 * half + 1] = four.y, out[4 * half + 2] = four.z, out[4 * half + 3] = four.w;
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) out[i] = i < count ? load(x + i) : 0;
}

// The bits of bf16.
__device__ inline void load_eight(const uint16_t* x, int count, float (&out)[8]) {
  if (count >= 8 && is_aligned(x)) {
    const uint4 words = load(reinterpret_cast<const uint4*>(x));
    const unsigned all[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
    for (int i = 0; i < 8; ++i) out[i] = from_bf16(uint16_t(all[i / 2] >> i % 2 * 16));
    return;
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) out[i] = i < count ? from_bf16(load(x + i)) : 0;
}

__device__ inline void store_eight(float* y, int count, const float (&values)[8]) {
  if (count >= 8 && is_aligned(y)) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float* v = values + 4 * half;
      store(reinterpret_cast<float4*>(y) + half, float4{v[0], v[1], v[2], v[3]});
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < 8; ++i)
    if (i < count) store(y + i, values[i]);
}

// As the bits of bf16.
__device__ inline void store_eight(uint16_t* y, int count, const float (&values)[8]) {
  unsigned words[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) words[i] = to_bf16(values[2 * i]) | unsigned(to_bf16(values[2 * i + 1])) << 16;
  if (count >= 8 && is_aligned(y))
    return store(reinterpret_cast<uint4*>(y), uint4{words[0], words[1], words[2], words[3]});
#pragma unroll
  for (int i = 0; i < 8; ++i)
    if (i < count) store(y + i, uint16_t(words[i / 2] >> i % 2 * 16));
}

}  // namespace graft::inline v0::cuda
