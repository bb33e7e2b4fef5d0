// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "support/kernel_list.hpp"

namespace graft {

TEST_CASE("the largest of each row come first, of equals the one of the smaller column", "[kernels]") {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  const int count = GENERATE(1, 5, kMostLargest);
  for (const Kernels* kernels : kernel_list())
    for (const int cols : {1, 3, 63, 64, 1000, 5000, 49152}) {
      INFO(kernels->name << " " << count << " of " << cols);
      constexpr int kRows = 3;
      std::vector<float> x = noise(size_t(kRows) * cols, 4);
      for (float& value : x) value = std::round(value * 50) / 50;  // so that some are equal
      for (size_t i = 0; i < x.size(); i += 7) x[i] = i % 2 ? NAN : kNone;
      std::fill_n(x.begin() + 2 * cols, cols, kNone);
      const size_t size = size_t(kRows) * count;
      std::vector<int32_t> columns(size, -2);
      std::vector<float> values(size);
      kernels->largest(TestStream(2), x.data(), kRows, cols, count, columns.data(), values.data());
      for (int row = 0; row < kRows; ++row) {
        const float* of_row = x.data() + row * cols;
        std::vector<int32_t> order;
        for (int i = 0; i < cols; ++i)
          if (of_row[i] > kNone) order.push_back(i);
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return of_row[a] > of_row[b]; });
        order.resize(size_t(count), -1);
        for (int i = 0; i < count; ++i) {
          REQUIRE(columns[size_t(row * count + i)] == order[size_t(i)]);
          REQUIRE(values[size_t(row * count + i)] == (order[size_t(i)] < 0 ? kNone : of_row[order[size_t(i)]]));
        }
      }
    }
}

}  // namespace graft
