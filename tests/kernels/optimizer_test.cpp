// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {

TEST_CASE("adamw takes decoupled, bias-corrected steps", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const int count : {1, 19, 40000}) {
      INFO(kernels->name << " count " << count);
      std::vector<float> state = noise(3 * count, 1);
      std::fill(state.begin() + count, state.end(), 0.0f);
      std::vector<double> p(state.begin(), state.begin() + count), m(count), v(count);
      for (int step = 1; step <= 3; ++step) {
        const std::vector<float> g = noise(count, static_cast<unsigned>(10 + step));
        const AdamW options = {0.01f, 0.9f, 0.99f, 1e-8f, 0.1f, step, 0.5f};
        for (int i = 0; i < count; ++i) {
          const double scaled = 0.5 * g[i];
          m[i] = 0.9 * m[i] + 0.1 * scaled;
          v[i] = 0.99 * v[i] + 0.01 * scaled * scaled;
          const double m_hat = m[i] / (1 - std::pow(0.9, step)), v_hat = v[i] / (1 - std::pow(0.99, step));
          p[i] -= 0.01 * (m_hat / (std::sqrt(v_hat) + 1e-8) + 0.1 * p[i]);
        }
        state = run_on_workers(state, [&](Stream s, float* x) {
          kernels->adamw(s, options, g.data(), x, x + count, x + 2 * count, count);
        });
      }
      CHECK(difference(std::span(state).first(count), p) < 1e-5);
      CHECK(difference(std::span(state).subspan(count, count), m) < 1e-6);
      CHECK(difference(std::span(state).last(count), v) < 1e-6);
    }
}

TEST_CASE("square_sum is in double and in one order", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const int count : {0, 1, 7, 100000}) {
      INFO(kernels->name << " count " << count);
      const std::vector<float> x = noise(count, 2);
      double sum = 0;
      for (const float value : x) sum += static_cast<double>(value) * value;
      const double found = kernels->square_sum(TestStream(), x.data(), count);
      CHECK(std::abs(found - sum) <= 1e-12 * sum);
      CHECK(kernels->square_sum(TestStream(3), x.data(), count) == found);
    }
}

}  // namespace graft
