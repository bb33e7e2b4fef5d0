// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {
namespace {

constexpr std::pair<int, int> kShapes[] = {{1, 1}, {3, 7}, {5, 576}, {200, 65}};

}  // namespace

TEST_CASE("column_moments and batch_norm agree with sums in double, for any number of workers", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& shape : kShapes) {
      const int rows = shape.first, cols = shape.second;
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      const size_t count = size_t(rows) * size_t(cols), width = size_t(cols);
      std::vector<float> x = noise(count, 1);
      for (float& value : x) value += 10;  // far from 0, where a difference of two sums would lose its digits
      const std::vector<float> weight = noise(width, 2), bias = noise(width, 3);
      std::vector<double> expected(count + 2 * width);
      for (size_t col = 0; col < width; ++col) {
        double mean = 0, variance = 0;
        for (size_t row = 0; row < size_t(rows); ++row) mean += double(x[row * width + col]) / rows;
        for (size_t row = 0; row < size_t(rows); ++row) {
          const double centred = x[row * width + col] - mean;
          variance += centred * centred / rows;
        }
        expected[count + col] = mean;
        expected[count + width + col] = variance;
        for (size_t row = 0; row < size_t(rows); ++row)
          expected[row * width + col] =
              (x[row * width + col] - mean) / std::sqrt(variance + 0.1) * weight[col] + bias[col];
      }
      const auto found = run_on_workers(std::vector<float>(expected.size(), NAN), [&](Stream s, float* y) {
        float *mean = y + count, *variance = mean + width;
        kernels->column_moments(s, x.data(), rows, cols, mean, variance);
        kernels->batch_norm(s, x.data(), mean, variance, weight.data(), bias.data(), y, rows, cols, 0.1f);
      });
      CHECK(difference(found, expected) < 1e-4);
    }
}

}  // namespace graft
