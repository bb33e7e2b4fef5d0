// SPDX-License-Identifier: Apache-2.0
//
// Philox4x32-10 (Salmon et al. 2011).
#pragma once

#include "cuda/device.cuh"

namespace graft::inline v0::cuda {

// A RandomKey as kernels take it, with what decides by its numbers.
struct Dropping {
  uint64_t seed = 0, site = 0;
  unsigned threshold = 0;
  float scale = 1;

  __device__ float of(unsigned drawn, float x) const { return drawn >> 8 >= threshold ? x * scale : 0; }
};
inline Dropping dropping(float rate, const RandomKey& key) {
  return {key.seed ^ (key.step * 0x9e3779b97f4a7c15u), key.site, unsigned(ceilf(rate * 16777216.0f)), 1 / (1 - rate)};
}

__device__ inline uint4 philox(const Dropping& key, uint64_t block) {
  uint4 w = {unsigned(block), unsigned(block >> 32), unsigned(key.site), unsigned(key.site >> 32)};
  unsigned key0 = unsigned(key.seed), key1 = unsigned(key.seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const unsigned a = w.x, c = w.z;
    w = {__umulhi(c, 0xcd9e8d57u) ^ w.y ^ key0, c * 0xcd9e8d57u, __umulhi(a, 0xd2511f53u) ^ w.w ^ key1,
         a * 0xd2511f53u};
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return w;
}

}  // namespace graft::inline v0::cuda
