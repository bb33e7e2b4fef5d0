// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {

TEST_CASE("rotary turns pairs, and back", "[kernels]") {
  const int rows = 5, heads = 3;
  const std::vector<int32_t> positions = {0, 1, 7, 500, 3};
  for (const Kernels* kernels : kernel_list())
    for (const auto& [width, half] : {std::pair{64, 32}, {10, 3}, {20, 10}}) {
      INFO(kernels->name << " width " << width << " half " << half);
      std::vector<float> frequency(half), turn(2 * rows * half);
      for (int i = 0; i < half; ++i) frequency[i] = std::pow(100.0f, -static_cast<float>(i) / static_cast<float>(half));
      TestStream stream(2);
      kernels->rotary_table(stream, positions.data(), frequency.data(), 1.5f, rows, half, turn.data(),
                            turn.data() + rows * half);
      const float *cosine = turn.data(), *sine = cosine + rows * half;
      const std::vector<float> x = noise(rows * heads * width, 1), start = noise(x.size(), 2);
      std::vector<double> turned(x.begin(), x.end()), sums(start.begin(), start.end());
      for (int row = 0; row < rows; ++row)
        for (int head = 0; head < heads; ++head)
          for (int i = 0; i < half; ++i) {
            const double angle = static_cast<double>(positions[row]) * frequency[i];
            const double c = 1.5 * std::cos(angle), s = 1.5 * std::sin(angle);
            const int at = (row * heads + head) * width + i;
            turned[at] = x[at] * c - x[at + half] * s;
            turned[at + half] = x[at + half] * c + x[at] * s;
          }
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += turned[i];
      const int w = width, h = half;
      const auto rotate = [&](const float* from, bool inverse, bool add) {
        return [=, &kernels](Stream s, float* y) {
          kernels->rotary(s, from ? from : y, cosine, sine, y, rows, heads, w, h, inverse, add);
        };
      };
      CHECK(difference(run_on_workers(x, rotate(nullptr, false, false)), turned) < 2e-4);
      CHECK(difference(run_on_workers(start, rotate(x.data(), false, true)), sums) < 2e-4);
      std::vector<float> there(turned.begin(), turned.end());
      std::vector<float> back = run_on_workers(x, rotate(there.data(), true, false));
      for (size_t i = 0; i < back.size(); ++i)
        if (static_cast<int>(i % w) < 2 * h) back[i] /= 1.5f * 1.5f;
      CHECK(difference(back, x) < 2e-4);
    }
}

}  // namespace graft
