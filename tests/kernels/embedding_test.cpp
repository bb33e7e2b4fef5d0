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

}  // namespace graft
