// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {

TEST_CASE("cross_entropy gives log-probabilities and leaves gradients", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& [columns, label_smoothing] :
         {std::pair{1, 0.0f}, {5, 0.0f}, {64, 0.25f}, {1001, 0.0f}, {1001, 0.1f}, {50257, 0.0f}}) {
      const int cols = columns;
      const float smoothing = label_smoothing;
      INFO(kernels->name << " cols " << cols << " smoothing " << smoothing);
      const int rows = 4;
      std::vector<float> logits = noise(rows * cols, 1, 5);
      for (int j = 0; j < cols; ++j) logits[j] += 1000;
      const std::vector<int32_t> targets = {0, cols - 1, -100, cols / 2};
      const std::vector<float> weights = {0.5f, 1, 3, -2};
      std::vector<double> expected(rows * cols + rows);
      for (int i = 0; i < rows; ++i) {
        if (targets[i] < 0) continue;
        const float* row = &logits[i * cols];
        const double top = *std::max_element(row, row + cols);
        double total = 0;
        for (int j = 0; j < cols; ++j) total += std::exp(row[j] - top);
        for (int j = 0; j < cols; ++j) {
          const double share = smoothing / cols + (j == targets[i] ? 1 - smoothing : 0.0);
          expected[rows * cols + i] += share * (row[j] - top - std::log(total));
          expected[i * cols + j] = weights[i] * (std::exp(row[j] - top) / total - share);
        }
      }
      std::vector<float> start = logits;
      start.resize(rows * cols + rows, NAN);
      const auto found = run_on_workers(start, [&](Stream s, float* x) {
        kernels->cross_entropy(s, x, targets.data(), weights.data(), rows, cols, smoothing, x + rows * cols);
      });
      CHECK(difference(found, expected) < 5e-5);
      const auto kept = run_on_workers(start, [&](Stream s, float* x) {
        kernels->cross_entropy(s, x, targets.data(), nullptr, rows, cols, smoothing, x + rows * cols);
      });
      CHECK(difference(std::span(kept).first(logits.size()), logits) == 0);
      CHECK(difference(std::span(kept).last(rows), std::span(expected).last(rows)) < 5e-5);
    }
}

}  // namespace graft
