// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <tuple>

#include "support/kernel_list.hpp"

namespace graft {
namespace {

constexpr std::pair<int, int> kShapes[] = {{1, 1}, {3, 7}, {5, 576}, {70, 65}, {0, 8}};

// Adds the slope of the loss by each value, from central differences.
template <class Loss>
void add_slopes(const Loss& loss, std::vector<double>& values, double* slopes) {
  for (size_t j = 0; j < values.size(); ++j) {
    const double kept = values[j];
    values[j] = kept + 1e-5;
    const double above = loss();
    values[j] = kept - 1e-5;
    slopes[j] += (above - loss()) / 2e-5;
    values[j] = kept;
  }
}

}  // namespace

TEST_CASE("rms_norm divides rows by their root mean square", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& shape : kShapes) {
      const int rows = shape.first, cols = shape.second;
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      const std::vector<float> x = noise(rows * cols, 1), weight = noise(cols, 2);
      std::vector<double> expected(rows * cols + rows);
      for (int i = 0; i < rows; ++i) {
        double square = 0;
        for (int j = 0; j < cols; ++j) square += static_cast<double>(x[i * cols + j]) * x[i * cols + j];
        const double inverse = 1 / std::sqrt(square / cols + 1e-3);
        expected[rows * cols + i] = inverse;
        for (int j = 0; j < cols; ++j) expected[i * cols + j] = x[i * cols + j] * inverse * (0.5 + weight[j]);
      }
      const auto found = run_on_workers(std::vector<float>(expected.size(), NAN), [&](Stream s, float* y) {
        kernels->rms_norm(s, x.data(), weight.data(), y, y + rows * cols, rows, cols, 1e-3f, 0.5f);
      });
      CHECK(difference(found, expected) < 2e-5);
    }
}

TEST_CASE("rms_norm_backward agrees with finite differences", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& shape : kShapes) {
      const int rows = shape.first, cols = shape.second;
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      const std::vector<float> x = noise(rows * cols, 3), weight = noise(cols, 4), dy = noise(rows * cols, 5);
      const std::vector<float> start = noise(rows * cols + cols, 6);
      const auto loss = [&](const std::vector<double>& in, const std::vector<double>& w, int row) {
        double square = 0, sum = 0;
        for (int j = 0; j < cols; ++j) square += in[j] * in[j];
        for (int j = 0; j < cols; ++j)
          sum += dy[row * cols + j] * in[j] * (0.5 + w[j]) / std::sqrt(square / cols + 1e-3);
        return sum;
      };
      std::vector<float> inverse(rows);
      std::vector<double> expected(start.begin(), start.end()), w(weight.begin(), weight.end());
      for (int i = 0; i < rows; ++i) {
        std::vector<double> in(x.begin() + i * cols, x.begin() + (i + 1) * cols);
        double square = 0;
        for (const double value : in) square += value * value;
        inverse[i] = static_cast<float>(1 / std::sqrt(square / cols + 1e-3));
        const auto of_row = [&] { return loss(in, w, i); };
        add_slopes(of_row, in, &expected[i * cols]);
        add_slopes(of_row, w, &expected[rows * cols]);
      }
      const auto found = run_on_workers(start, [&](Stream s, float* d) {
        kernels->rms_norm_backward(s, x.data(), weight.data(), inverse.data(), dy.data(), d, d + rows * cols, rows,
                                   cols, 0.5f);
      });
      CHECK(difference(found, expected) < 1e-4);
      kernels->rms_norm_backward(TestStream(), x.data(), weight.data(), inverse.data(), dy.data(), nullptr, nullptr,
                                 rows, cols, 0.5f);
    }
}

TEST_CASE("layer_norm centres rows and divides by their deviation", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& shape : kShapes) {
      const int rows = shape.first, cols = shape.second, size = rows * cols;
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      std::vector<float> x = noise(size, 1);
      for (float& value : x) value += 30;
      const std::vector<float> weight = noise(cols, 2), bias = noise(cols, 3);
      std::vector<double> expected(size + 2 * rows);
      for (int i = 0; i < rows; ++i) {
        double mean = 0, square = 0;
        for (int j = 0; j < cols; ++j) mean += x[i * cols + j] / static_cast<double>(cols);
        for (int j = 0; j < cols; ++j) square += std::pow(x[i * cols + j] - mean, 2);
        const double inverse = 1 / std::sqrt(square / cols + 1e-3);
        expected[size + i] = mean;
        expected[size + rows + i] = inverse;
        for (int j = 0; j < cols; ++j)
          expected[i * cols + j] = (x[i * cols + j] - mean) * inverse * weight[j] + bias[j];
      }
      const auto found = run_on_workers(std::vector<float>(expected.size(), NAN), [&](Stream s, float* y) {
        kernels->layer_norm(s, x.data(), weight.data(), bias.data(), y, y + size, y + size + rows, rows, cols, 1e-3f);
      });
      CHECK(difference(found, expected) < 5e-5);
      for (int i = 0; i < size; ++i) expected[i] -= bias[i % cols];
      const auto plain = run_on_workers(std::vector<float>(size, NAN), [&](Stream s, float* y) {
        kernels->layer_norm(s, x.data(), weight.data(), nullptr, y, nullptr, nullptr, rows, cols, 1e-3f);
      });
      CHECK(difference(plain, std::span(expected).first(size)) < 5e-5);
    }
}

TEST_CASE("layer_norm_backward agrees with finite differences", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& shape : kShapes) {
      const int rows = shape.first, cols = shape.second, size = rows * cols;
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      const std::vector<float> x = noise(size, 3), weight = noise(cols, 4), dy = noise(size, 5);
      const std::vector<float> start = noise(size + 2 * cols, 6);
      const auto moments = [&](const std::vector<double>& in) {
        double mean = 0, square = 0;
        for (const double value : in) mean += value / cols;
        for (const double value : in) square += (value - mean) * (value - mean);
        return std::pair(mean, 1 / std::sqrt(square / cols + 1e-3));
      };
      const auto loss = [&](const std::vector<double>& in, const std::vector<double>& w, int row) {
        const auto [mean, inverse] = moments(in);
        double sum = 0;
        for (int j = 0; j < cols; ++j) sum += dy[row * cols + j] * (in[j] - mean) * inverse * w[j];
        return sum;
      };
      std::vector<float> means(rows), inverses(rows);
      std::vector<double> expected(start.begin(), start.end()), w(weight.begin(), weight.end());
      for (int i = 0; i < rows; ++i) {
        std::vector<double> in(x.begin() + i * cols, x.begin() + (i + 1) * cols);
        std::tie(means[i], inverses[i]) = moments(in);
        const auto of_row = [&] { return loss(in, w, i); };
        add_slopes(of_row, in, &expected[i * cols]);
        add_slopes(of_row, w, &expected[size]);
        for (int j = 0; j < cols; ++j) expected[size + cols + j] += dy[i * cols + j];
      }
      const auto found = run_on_workers(start, [&](Stream s, float* d) {
        kernels->layer_norm_backward(s, x.data(), weight.data(), means.data(), inverses.data(), dy.data(), d, d + size,
                                     d + size + cols, rows, cols);
      });
      CHECK(difference(found, expected) < 1e-4);
      kernels->layer_norm_backward(TestStream(), x.data(), weight.data(), means.data(), inverses.data(), dy.data(),
                                   nullptr, nullptr, nullptr, rows, cols);
    }
}

}  // namespace graft
