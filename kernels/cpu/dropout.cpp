// SPDX-License-Identifier: Apache-2.0
//
// Dropout with counted random numbers: Philox4x32-10 (Salmon et al. 2011). Number n of a RandomKey is word n % 4 of the
// block whose counter is (n / 4, site).
#include <math.h>

#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kBlocks = 16;  // computed side by side

struct Numbers {
  uint32_t word[4][kBlocks];
};

// Blocks [first, first + kBlocks) of the key.
void philox(RandomKey key, uint64_t first, Numbers& numbers) {
  const uint64_t mixed = key.seed ^ (key.step * 0x9e3779b97f4a7c15u);
  uint32_t key0 = static_cast<uint32_t>(mixed), key1 = static_cast<uint32_t>(mixed >> 32);
  auto& [w0, w1, w2, w3] = numbers.word;
  for (int i = 0; i < kBlocks; ++i) {
    w0[i] = static_cast<uint32_t>(first + i);
    w1[i] = static_cast<uint32_t>((first + i) >> 32);
    w2[i] = static_cast<uint32_t>(key.site);
    w3[i] = static_cast<uint32_t>(key.site >> 32);
  }
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kBlocks; ++i) {
      const uint64_t a = static_cast<uint64_t>(w0[i]) * 0xd2511f53u, b = static_cast<uint64_t>(w2[i]) * 0xcd9e8d57u;
      w0[i] = static_cast<uint32_t>(b >> 32) ^ w1[i] ^ key0;
      w1[i] = static_cast<uint32_t>(b);
      w2[i] = static_cast<uint32_t>(a >> 32) ^ w3[i] ^ key1;
      w3[i] = static_cast<uint32_t>(a);
    }
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
}

// Keeps elements [0, cols) of a row whose first number is `number`.
void drop_row(RandomKey key, uint64_t number, float rate, const float* x, float* y, int cols, bool add) {
  const uint32_t threshold = static_cast<uint32_t>(ceilf(rate * 16777216.0f));
  const float scale = 1 / (1 - rate);
  Numbers numbers;
  for (int begin = 0; begin < cols;) {
    const uint64_t block = (number + begin) / 4;
    philox(key, block, numbers);
    const int skip = static_cast<int>((number + begin) % 4), end = min(cols, begin + 4 * kBlocks - skip);
    for (int i = begin; i < end; ++i) {
      const int at = i - begin + skip;
      const bool keeps = (numbers.word[at % 4][at / 4] >> 8) >= threshold;
      const float value = keeps ? x[i] * scale : 0;
      y[i] = add ? y[i] + value : value;
    }
    begin = end;
  }
}

}  // namespace

void dropout(const Stream& stream, RandomKey key, const int64_t* rows_key, float rate, const float* x, float* y,
             int rows, int cols, bool add) {
  parallel_ranges(stream, rows, 4 * static_cast<int64_t>(cols), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const uint64_t number = static_cast<uint64_t>(rows_key ? rows_key[row] : row) * static_cast<uint64_t>(cols);
      drop_row(key, number, rate, x + row * cols, y + row * cols, cols, add);
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
