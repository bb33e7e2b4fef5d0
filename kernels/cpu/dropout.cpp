// SPDX-License-Identifier: Apache-2.0
//
// Dropout with counted random numbers: Philox4x32-10 (Salmon et al. 2011). Number n of a RandomKey is word n % 4 of the
// block whose counter is (n / 4, site).
#include <math.h>

#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kBlocks = 32;  // computed side by side

// Numbers [4 * first, 4 * (first + kBlocks)) of the key.
void philox(RandomKey key, uint64_t first, uint32_t* numbers) {
  const uint64_t mixed = key.seed ^ (key.step * 0x9e3779b97f4a7c15u);
  uint32_t key0 = static_cast<uint32_t>(mixed), key1 = static_cast<uint32_t>(mixed >> 32);
  uint32_t w0[kBlocks], w1[kBlocks], w2[kBlocks], w3[kBlocks];
  for (int i = 0; i < kBlocks; ++i) {
    w0[i] = static_cast<uint32_t>(first + static_cast<uint64_t>(i));
    w1[i] = static_cast<uint32_t>((first + static_cast<uint64_t>(i)) >> 32);
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
  for (int i = 0; i < kBlocks; ++i) {
    numbers[4 * i] = w0[i];
    numbers[4 * i + 1] = w1[i];
    numbers[4 * i + 2] = w2[i];
    numbers[4 * i + 3] = w3[i];
  }
}

// A row whose first element draws `number`.
void drop_row(RandomKey key, uint64_t number, float rate, const float* x, float* y, int cols, bool add) {
  const Int threshold = Int{} + static_cast<int32_t>(ceilf(rate * 16777216.0f));
  const float scale = 1 / (1 - rate);
  uint32_t numbers[4 * kBlocks + kLanes] = {};
  for (int begin = 0; begin < cols;) {
    const uint64_t at = number + static_cast<uint64_t>(begin);
    philox(key, at / 4, numbers);
    const int skip = static_cast<int>(at % 4), count = min(cols - begin, 4 * kBlocks - skip);
    for_vectors(count, [&](int64_t i, int lanes) {
      const Int drawn = bits<Int>(load_as<UInt>(numbers + skip + i) >> 8);
      const Vec kept = select(drawn >= threshold, load(x + begin + i, lanes) * scale, Vec{});
      float* out = y + begin + i;
      store(out, add ? load(out, lanes) + kept : kept, lanes);
    });
    begin += count;
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
