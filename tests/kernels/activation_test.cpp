// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/kernel_list.hpp"

namespace graft {
namespace {

constexpr Activation kKinds[] = {Activation::identity,   Activation::relu, Activation::gelu, Activation::gelu_tanh,
                                 Activation::gelu_quick, Activation::silu, Activation::tanh, Activation::sigmoid};
constexpr int kCounts[] = {0, 1, 3, 16, 37, 1000, 40000};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double exact(Activation kind, double x) {
  switch (kind) {
    case Activation::identity:
      return x;
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::gelu:
      return 0.5 * x * std::erfc(-x * M_SQRT1_2);
    case Activation::gelu_tanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::gelu_quick:
      return x * sigmoid(1.702 * x);
    case Activation::silu:
      return x * sigmoid(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return sigmoid(x);
  }
  return NAN;
}

double slope(Activation kind, double x) { return (exact(kind, x + 1e-5) - exact(kind, x - 1e-5)) / 2e-5; }

// Noise, with values at which exponentials overflow and vanish.
std::vector<float> inputs(int count, unsigned seed) {
  std::vector<float> x = noise(count, seed, 3);
  const float special[] = {100, -100, 1000, -1000, 20, -20};
  if (count > 8) std::copy(std::begin(special), std::end(special), x.begin());
  return x;
}

}  // namespace

TEST_CASE("activation and its gradient, of floats and of bf16", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Activation kind : kKinds)
      for (const int count : kCounts) {
        INFO(kernels->name << " kind " << int(kind) << " count " << count);
        const Rounded kept(*kernels, inputs(count, 3));
        const std::vector<float>& x = kept.floats;
        const std::vector<float> dy = noise(count, 5), start = noise(count, 6);
        std::vector<double> y(count), gradient(start.begin(), start.end());
        for (int i = 0; i < count; ++i) y[i] = exact(kind, x[i]), gradient[i] += dy[i] * slope(kind, x[i]);
        CHECK(difference(
                  run_on_workers(std::vector<float>(count, NAN),
                                 [&](Stream s, float* out) { kernels->activation(s, kind, x.data(), out, count); }),
                  y) < 2e-6);
        const auto backward = [&](const void* from, Dtype dtype) {
          return run_on_workers(start, [&](Stream s, float* d) {
            kernels->activation_backward(s, kind, from, dtype, dy.data(), d, count);
          });
        };
        const std::vector<float> found = backward(x.data(), Dtype::f32);
        CHECK(difference(found, gradient) < 2e-5);
        CHECK(backward(kept.halves.data(), Dtype::bf16) == found);
      }
}

TEST_CASE("gelu keeps its relative precision in the lower tail", "[kernels]") {
  std::vector<float> x;
  for (float value = -6; value < 6; value += 1e-3f) x.push_back(value);
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    std::vector<float> y(x.size());
    kernels->activation(TestStream(), Activation::gelu, x.data(), y.data(), static_cast<int64_t>(x.size()));
    double relative = 0, absolute = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double expected = exact(Activation::gelu, x[i]), error = std::abs(y[i] - expected);
      if (x[i] > -2) absolute = std::max(absolute, error / std::max(1.0, std::abs(expected)));
      if (expected != 0) relative = std::max(relative, error / std::abs(expected));
    }
    CHECK(absolute < 2e-7);
    CHECK(relative < 4e-6);
  }
}

TEST_CASE("gated_activation and its gradient, of floats and of bf16", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Activation kind : kKinds)
      for (const int count : kCounts) {
        INFO(kernels->name << " kind " << int(kind) << " count " << count);
        const Rounded kept_gate(*kernels, inputs(count, 3)), kept_up(*kernels, noise(count, 4));
        const std::vector<float>&gate = kept_gate.floats, &up = kept_up.floats;
        const std::vector<float> dy = noise(count, 5), start = noise(2 * count, 6);
        std::vector<double> y(count), gradients(start.begin(), start.end());
        for (int i = 0; i < count; ++i) {
          const double value = exact(kind, gate[i]);
          y[i] = value * up[i];
          gradients[i] += dy[i] * up[i] * slope(kind, gate[i]);
          gradients[count + i] += dy[i] * value;
        }
        CHECK(difference(run_on_workers(std::vector<float>(count, NAN),
                                        [&](Stream s, float* out) {
                                          kernels->gated_activation(s, kind, gate.data(), up.data(), out, count);
                                        }),
                         y) < 5e-5);
        const auto backward = [&](const void* g, const void* u, Dtype dtype) {
          return run_on_workers(start, [&](Stream s, float* d) {
            kernels->gated_activation_backward(s, kind, g, u, dtype, dy.data(), d, d + count, count);
          });
        };
        const std::vector<float> found = backward(gate.data(), up.data(), Dtype::f32);
        CHECK(difference(found, gradients) < 2e-4);
        CHECK(backward(kept_gate.halves.data(), kept_up.halves.data(), Dtype::bf16) == found);
        kernels->gated_activation_backward(TestStream(), kind, gate.data(), up.data(), Dtype::f32, dy.data(), nullptr,
                                           nullptr, count);
      }
}

}  // namespace graft
