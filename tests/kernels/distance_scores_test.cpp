// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {

TEST_CASE("distance_scores and its backward agree with their definition", "[kernels]") {
  constexpr int heads = 3, rows = 70, width = 20;
  constexpr size_t size = heads * rows * width, scores = heads * rows * rows;
  std::vector<int32_t> columns;
  for (int distance = 1 - rows; distance < rows; ++distance) columns.push_back(std::clamp(distance + 10, 0, width - 1));
  const std::vector<float> by_query = noise(size, 1), by_key = noise(size, 2), d = noise(scores, 3);
  const std::vector<float> start = noise(2 * size, 4);
  std::vector<double> block(scores), only_keys(scores), sums(start.begin(), start.end());
  for (int head = 0; head < heads; ++head)
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < rows; ++j) {
        const size_t at = (head * rows + i) * rows + j, column = columns[rows - 1 + i - j];
        const size_t query = (head * rows + i) * width + column, key = (head * rows + j) * width + column;
        only_keys[at] = by_key[key];
        block[at] = double(by_query[query]) + by_key[key];
        sums[query] += d[at];
        sums[size + key] += d[at];
      }
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    const std::vector<float> unset(scores, NAN);
    const auto forward = [&](const float* queries) {
      return run_on_workers(unset, [&](Stream stream, float* out) {
        kernels->distance_scores(stream, queries, by_key.data(), columns.data(), heads, rows, width, out);
      });
    };
    CHECK(difference(forward(by_query.data()), block) < 1e-6);
    CHECK(difference(forward(nullptr), only_keys) == 0);
    const auto found = run_on_workers(start, [&](Stream stream, float* out) {
      kernels->distance_scores_backward(stream, d.data(), columns.data(), heads, rows, width, out, out + size);
    });
    CHECK(difference(found, sums) < 1e-4);
  }
}

}  // namespace graft
