// SPDX-License-Identifier: Apache-2.0
//
// Philox4x32-10 (Salmon et al. 2011), many blocks side by side.
#pragma once

#include <math.h>

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// words[w][i] is word w of the block blocks[i].
template <int count>
void philox(const RandomKey& key, const uint64_t (&blocks)[count], uint32_t (&words)[4][count]) {
  const uint64_t mixed = key.seed ^ (key.step * 0x9e3779b97f4a7c15u);
  uint32_t key0 = static_cast<uint32_t>(mixed), key1 = static_cast<uint32_t>(mixed >> 32);
  for (int i = 0; i < count; ++i) {
    words[0][i] = static_cast<uint32_t>(blocks[i]);
    words[1][i] = static_cast<uint32_t>(blocks[i] >> 32);
    words[2][i] = static_cast<uint32_t>(key.site);
    words[3][i] = static_cast<uint32_t>(key.site >> 32);
  }
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < count; ++i) {
      const uint64_t a = static_cast<uint64_t>(words[0][i]) * 0xd2511f53u;
      const uint64_t b = static_cast<uint64_t>(words[2][i]) * 0xcd9e8d57u;
      words[0][i] = static_cast<uint32_t>(b >> 32) ^ words[1][i] ^ key0;
      words[1][i] = static_cast<uint32_t>(b);
      words[2][i] = static_cast<uint32_t>(a >> 32) ^ words[3][i] ^ key1;
      words[3][i] = static_cast<uint32_t>(a);
    }
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
}

// What is left of x: where the upper 24 bits of `drawn` are at least rate · 2^24.
struct Dropping {
  Int threshold;
  float scale;

  explicit Dropping(float rate)
      : threshold(Int{} + static_cast<int32_t>(ceilf(rate * 16777216.0f))), scale(1 / (1 - rate)) {}
  Vec operator()(const uint32_t* drawn, Vec x) const {
    return select(bits<Int>(load_as<UInt>(drawn) >> 8) >= threshold, x * scale, Vec{});
  }
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
