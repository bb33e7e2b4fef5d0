// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {
namespace {

constexpr int kCounts[] = {0, 1, 3, 16, 37, 1000, 40000};

}  // namespace

TEST_CASE("add and accumulate", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const int count : kCounts) {
      INFO(kernels->name << " count " << count);
      const std::vector<float> a = noise(count, 1), b = noise(count, 2);
      std::vector<double> sum(count), scaled(count);
      for (int i = 0; i < count; ++i) sum[i] = a[i] + b[i], scaled[i] = b[i] + 0.25 * a[i];
      CHECK(difference(run_on_workers(std::vector<float>(count, NAN),
                                      [&](Stream s, float* y) { kernels->add(s, a.data(), b.data(), y, count); }),
                       sum) < 1e-6);
      CHECK(
          difference(run_on_workers(b, [&](Stream s, float* y) { kernels->accumulate(s, a.data(), 0.25f, y, count); }),
                     scaled) < 1e-6);
    }
}

TEST_CASE("soft_cap scales and bends, and its gradient may take the place of dy", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const int count : kCounts)
      for (const float cap : {0.0f, 2.5f}) {
        INFO(kernels->name << " count " << count << " cap " << cap);
        const std::vector<float> x = noise(count, 3, 4), dy = noise(count, 4), start = noise(count, 5);
        std::vector<double> y(count), dx(count), sum(count);
        for (int i = 0; i < count; ++i) {
          const double inner = 0.75 * x[i], bent = cap > 0 ? std::tanh(inner / cap) : 0;
          y[i] = cap > 0 ? cap * bent : inner;
          dx[i] = dy[i] * 0.75 * (1 - bent * bent);
          sum[i] = start[i] + dx[i];
        }
        CHECK(difference(
                  run_on_workers(x, [&](Stream s, float* out) { kernels->soft_cap(s, out, 0.75f, cap, out, count); }),
                  y) < 2e-6);
        const float* in = cap > 0 ? x.data() : nullptr;
        CHECK(difference(run_on_workers(dy,
                                        [&](Stream s, float* d) {
                                          kernels->soft_cap_backward(s, in, 0.75f, cap, d, GradientSum(d, true), count);
                                        }),
                         dx) < 2e-6);
        CHECK(difference(run_on_workers(start,
                                        [&](Stream s, float* d) {
                                          kernels->soft_cap_backward(s, in, 0.75f, cap, dy.data(), d, count);
                                        }),
                         sum) < 2e-6);
      }
}

TEST_CASE("copy_columns cuts blocks out of rows, and adds them back", "[kernels]") {
  constexpr int kRows = 70, kCols = 50;
  for (const Kernels* kernels : kernel_list())
    for (const ColumnBlocks blocks :
         {ColumnBlocks{3, 17, 0, 1}, ColumnBlocks{1, 5, 12, 4}, ColumnBlocks{0, 50, 0, 1}}) {
      INFO(kernels->name << " blocks of " << blocks.width);
      const int cols = blocks.count * blocks.width;
      const std::vector<float> x = noise(kRows * kCols, 1), start = noise(kRows * kCols, 2);
      std::vector<double> y(kRows * cols), sum(start.begin(), start.end());
      for (int row = 0; row < kRows; ++row)
        for (int j = 0; j < cols; ++j) {
          const int at = row * kCols + blocks.first + j / blocks.width * blocks.step + j % blocks.width;
          y[row * cols + j] = x[at];
          sum[at] += x[at];
        }
      const auto found = run_on_workers(std::vector<float>(y.size(), NAN), [&](Stream s, float* out) {
        kernels->copy_columns(s, x.data(), kRows, kCols, blocks, out);
      });
      CHECK(difference(found, y) == 0);
      CHECK(difference(run_on_workers(start,
                                      [&](Stream s, float* d) {
                                        kernels->copy_columns_backward(s, found.data(), kRows, kCols, blocks, d);
                                      }),
                       sum) < 1e-6);
    }
}

TEST_CASE("column_sum adds the sums of the columns", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& [rows, cols] : {std::pair{1, 1}, {3, 65}, {200, 33}, {0, 5}}) {
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      const std::vector<float> x = noise(rows * cols, 7), start = noise(cols, 8);
      std::vector<double> sum(start.begin(), start.end());
      for (int i = 0; i < rows * cols; ++i) sum[i % cols] += x[i];
      const int r = rows, c = cols;
      const auto found =
          run_on_workers(start, [&](Stream s, float* out) { kernels->column_sum(s, x.data(), r, c, out); });
      CHECK(difference(found, sum) < 1e-4);
    }
}

TEST_CASE("scale_columns multiplies columns and adds to them", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& [rows, cols] : {std::pair{1, 1}, {70, 50}, {3, 64}}) {
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      const int r = rows, c = cols;
      const std::vector<float> x = noise(r * c, 1), gain = noise(c, 2), shift = noise(c, 3), dy = noise(r * c, 4),
                               start = noise(r * c, 5), start_gain = noise(c, 6);
      std::vector<double> y, dx, dgain(start_gain.begin(), start_gain.end());
      for (int i = 0; i < r * c; ++i) {
        y.push_back(double(x[i]) * gain[i % c] + shift[i % c]);
        dx.push_back(start[i] + double(dy[i]) * gain[i % c]);
        dgain[i % c] += double(dy[i]) * x[i];
      }
      CHECK(difference(run_on_workers(std::vector<float>(y.size(), NAN),
                                      [&](Stream s, float* out) {
                                        kernels->scale_columns(s, x.data(), gain.data(), shift.data(), out, r, c);
                                      }),
                       y) < 2e-6);
      CHECK(difference(run_on_workers(std::vector<float>(y.size(), NAN),
                                      [&](Stream s, float* out) {
                                        kernels->scale_columns(s, x.data(), nullptr, nullptr, out, r, c);
                                      }),
                       x) == 0);
      const auto backward = [&](Stream s, float* into_x, float* into_gain) {
        kernels->scale_columns_backward(s, x.data(), gain.data(), dy.data(), into_x, into_gain, r, c);
      };
      CHECK(difference(run_on_workers(start, [&](Stream s, float* d) { backward(s, d, nullptr); }), dx) < 2e-6);
      CHECK(difference(run_on_workers(start_gain, [&](Stream s, float* d) { backward(s, nullptr, d); }), dgain) < 1e-4);
    }
}

}  // namespace graft
