// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "kernels.hpp"

namespace graft {

// The block of Philox4x32-10 with a counter and a key, written from the paper.
inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * c[0], b = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(a)};
    k = {k[0] + 0x9E3779B9, k[1] + 0xBB67AE85};
  }
  return c;
}

// A number of a RandomKey.
inline uint32_t drawn_number(RandomKey key, uint64_t number) {
  const uint64_t block = number / 4, mixed = key.seed ^ (key.step * 0x9e3779b97f4a7c15u);
  return philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), static_cast<uint32_t>(key.site),
                 static_cast<uint32_t>(key.site >> 32)},
                {static_cast<uint32_t>(mixed), static_cast<uint32_t>(mixed >> 32)})[number % 4];
}

}  // namespace graft
