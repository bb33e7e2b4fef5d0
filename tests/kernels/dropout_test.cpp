// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>

#include "support/drawn_number.hpp"
#include "support/kernel_list.hpp"

namespace graft {
namespace {

bool keeps(RandomKey key, uint64_t number, float rate) {
  return static_cast<double>(drawn_number(key, number) >> 8) / 16777216 >= static_cast<double>(rate);
}

}  // namespace

TEST_CASE("Dropout draws the published numbers of Philox", "[kernels]") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
}

TEST_CASE("dropout draws the numbers of its key", "[kernels]") {
  const RandomKey key = {12345678901234u, 77, 0x1234567890u};
  const std::vector<int64_t> rows_key = {5, 1, int64_t{1} << 40};
  for (const Kernels* kernels : kernel_list())
    for (const int cols : {1, 7, 64, 333})
      for (const float rate : {0.0f, 0.1f, 0.5f})
        for (const bool own_keys : {false, true}) {
          INFO(kernels->name << " cols " << cols << " rate " << rate << " keys " << own_keys);
          const std::vector<float> x = noise(3 * cols, 1), start = noise(3 * cols, 2);
          std::vector<double> expected(3 * cols);
          for (int i = 0; i < 3 * cols; ++i) {
            const int row = i / cols;
            const uint64_t number = static_cast<uint64_t>(own_keys ? rows_key[row] : row) * cols + i % cols;
            expected[i] = keeps(key, number, rate) ? x[i] / (1 - static_cast<double>(rate)) : 0;
          }
          const auto drop = [&](bool add) {
            return [&, add](Stream s, float* y) {
              kernels->dropout(s, key, own_keys ? rows_key.data() : nullptr, rate, x.data(), y, 3, cols, add);
            };
          };
          CHECK(difference(run_on_workers(start, drop(false)), expected) < 1e-6);
          for (int i = 0; i < 3 * cols; ++i) expected[i] += start[i];
          CHECK(difference(run_on_workers(start, drop(true)), expected) < 1e-6);
        }
}

}  // namespace graft
