// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {

TEST_CASE("embedding_backward adds the rows of equal ids", "[kernels]") {
  const std::vector<int32_t> ids = {3, 0, 3, 9, 3, 0};
  for (const Kernels* kernels : kernel_list())
    for (const int cols : {1, 30, 64, 200}) {
      INFO(kernels->name << " cols " << cols);
      const std::vector<float> dy = noise(ids.size() * cols, 1), start = noise(10 * cols, 2);
      std::vector<double> expected(start.begin(), start.end());
      for (size_t i = 0; i < ids.size(); ++i)
        for (int j = 0; j < cols; ++j) expected[ids[i] * cols + j] += dy[i * cols + j];
      const auto found = run_on_workers(start, [&](Stream s, float* d) {
        kernels->embedding_backward(s, ids.data(), dy.data(), static_cast<int>(ids.size()), cols, 10, d);
      });
      CHECK(difference(found, expected) < 1e-6);
    }
}

TEST_CASE("combine_rows adds rows by their weights, and its gradients", "[kernels]") {
  const std::vector<int32_t> rows = {5, 0, 3, 1, 2, 4};
  constexpr int kCount = 3, kUsed = 2;
  for (const Kernels* kernels : kernel_list())
    for (const int cols : {1, 30, 200}) {
      INFO(kernels->name << " cols " << cols);
      const std::vector<float> x = noise(6 * cols, 1), weights = noise(6, 2), dy = noise(kCount * cols, 3);
      const std::vector<float> start = noise(6 * cols + 6, 4);
      std::vector<double> y(kCount * cols), gradients(start.begin(), start.end());
      for (int k = 0; k < 6; ++k)
        for (int j = 0; j < cols; ++j) {
          const int i = k / kUsed * cols + j, from = rows[k] * cols + j;
          y[i] += double(weights[k]) * x[from];
          gradients[from] += double(weights[k]) * dy[i];
          gradients[6 * cols + k] += double(x[from]) * dy[i];
        }
      const auto found = run_on_workers(std::vector<float>(y.size(), NAN), [&](Stream s, float* out) {
        kernels->combine_rows(s, x.data(), rows.data(), weights.data(), kCount, kUsed, cols, out);
      });
      CHECK(difference(found, y) < 1e-6);
      const auto backward = run_on_workers(start, [&](Stream s, float* d) {
        kernels->combine_rows_backward(s, x.data(), rows.data(), weights.data(), dy.data(), kCount, kUsed, cols, d,
                                       d + 6 * cols);
      });
      CHECK(difference(backward, gradients) < 2e-5);
      kernels->combine_rows_backward(TestStream(), nullptr, rows.data(), weights.data(), dy.data(), kCount, kUsed, cols,
                                     nullptr, nullptr);
    }
}

}  // namespace graft
