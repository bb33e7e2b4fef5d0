// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {
namespace {

constexpr int kCounts[] = {0, 1, 3, 16, 37, 1000, 40000};

double silu(double x) { return x / (1 + std::exp(-x)); }

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

TEST_CASE("silu_gate and its gradient", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const int count : kCounts) {
      INFO(kernels->name << " count " << count);
      std::vector<float> gate = noise(count, 3, 3);
      if (count > 4) gate[1] = 100, gate[2] = -100;
      const std::vector<float> up = noise(count, 4), dy = noise(count, 5), start = noise(2 * count, 6);
      std::vector<double> y(count), gradients(start.begin(), start.end());
      for (int i = 0; i < count; ++i) {
        const double sigmoid = 1 / (1 + std::exp(-static_cast<double>(gate[i])));
        y[i] = silu(gate[i]) * up[i];
        gradients[i] += dy[i] * up[i] * sigmoid * (1 + gate[i] * (1 - sigmoid));
        gradients[count + i] += dy[i] * silu(gate[i]);
      }
      const auto found = run_on_workers(std::vector<float>(count, NAN), [&](Stream s, float* out) {
        kernels->silu_gate(s, gate.data(), up.data(), out, count);
      });
      CHECK(difference(found, y) < 5e-5);
      const auto d = run_on_workers(start, [&](Stream s, float* out) {
        kernels->silu_gate_backward(s, gate.data(), up.data(), Dtype::f32, dy.data(), out, out + count, count);
      });
      CHECK(difference(d, gradients) < 5e-5);
      kernels->silu_gate_backward(TestStream(), gate.data(), up.data(), Dtype::f32, dy.data(), nullptr, nullptr, count);

      std::vector<uint16_t> gate_halves(count), up_halves(count);
      kernels->convert(TestStream(), gate.data(), Dtype::bf16, gate_halves.data(), count);
      kernels->convert(TestStream(), up.data(), Dtype::bf16, up_halves.data(), count);
      std::vector<float> gate_rounded(count), up_rounded(count);
      kernels->decode(TestStream(), Dtype::bf16, gate_halves.data(), gate_rounded.data(), count);
      kernels->decode(TestStream(), Dtype::bf16, up_halves.data(), up_rounded.data(), count);
      const auto gradients_of = [&](const void* g, const void* u, Dtype dtype) {
        return run_on_workers(start, [&](Stream s, float* out) {
          kernels->silu_gate_backward(s, g, u, dtype, dy.data(), out, out + count, count);
        });
      };
      CHECK(gradients_of(gate_halves.data(), up_halves.data(), Dtype::bf16) ==
            gradients_of(gate_rounded.data(), up_rounded.data(), Dtype::f32));
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

}  // namespace graft
