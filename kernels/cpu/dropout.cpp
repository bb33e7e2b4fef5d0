// SPDX-License-Identifier: Apache-2.0
//
// Dropout with counted random numbers, a row's numbers some blocks at a time.
#include <math.h>

#include "cpu/pack.hpp"
#include "cpu/philox.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kBlocks = 32;  // computed side by side

// Numbers [4 * first, 4 * (first + kBlocks)) of the key.
void draw(const RandomKey& key, uint64_t first, uint32_t* numbers) {
  uint64_t blocks[kBlocks];
  for (int i = 0; i < kBlocks; ++i) blocks[i] = first + static_cast<uint64_t>(i);
  uint32_t words[4][kBlocks];
  philox(key, blocks, words);
  for (int i = 0; i < kBlocks; i += 4) {
    Quad block[4];
    for (int word = 0; word < 4; ++word) block[word] = load_as<Quad>(words[word] + i);
    transpose(block);
    memcpy(numbers + 4 * i, block, sizeof(block));
  }
}

// A row whose first element draws `number`.
void drop_row(RandomKey key, uint64_t number, float rate, const float* x, float* y, int cols, bool add) {
  const Dropping drop(rate);
  uint32_t numbers[4 * kBlocks + kLanes] = {};
  for (int begin = 0; begin < cols;) {
    const uint64_t at = number + static_cast<uint64_t>(begin);
    draw(key, at / 4, numbers);
    const int skip = static_cast<int>(at % 4), count = min(cols - begin, 4 * kBlocks - skip);
    for_vectors(count, [&](int64_t i, int lanes) {
      const Vec kept = drop(numbers + skip + i, load(x + begin + i, lanes));
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
