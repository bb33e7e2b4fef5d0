// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "support/kernel_list.hpp"

namespace graft {
namespace {

constexpr int kSteps = 3;

// The values of a parameter and up to three states of it, each `count` long.
using Values = std::vector<std::vector<double>>;
// One step of a rule in double on the values i of parameter and states.
using Reference = std::function<void(Values& x, size_t i, double gradient, int step)>;
using Kernel = std::function<void(const Stream& stream, const float* gradient, float* x, int count, int step)>;

Step step_of(int number, float rate, float decay) {
  return {.scale = 0.5f, .rate = rate, .weight_decay = decay, .number = number};
}

// Takes steps by the kernel, on one worker and on three, and by the reference; gives the largest difference.
double worst_of(int count, int states, const Kernel& kernel, const Reference& reference) {
  std::vector<float> x = noise(size_t(count) * size_t(1 + states), 1);
  std::fill(x.begin() + count, x.end(), 0.0f);
  Values expected(size_t(1 + states), std::vector<double>(size_t(count)));
  std::copy_n(x.begin(), count, expected[0].begin());
  for (int step = 1; step <= kSteps; ++step) {
    const std::vector<float> g = noise(size_t(count), unsigned(10 + step));
    for (size_t i = 0; i < size_t(count); ++i) reference(expected, i, 0.5 * double(g[i]), step);
    x = run_on_workers(x, [&](const Stream& s, float* out) { kernel(s, g.data(), out, count, step); });
  }
  std::vector<double> all;
  for (const std::vector<double>& part : expected) all.insert(all.end(), part.begin(), part.end());
  return difference(x, all);
}

void check_all(int states, const std::function<Kernel(const Kernels&)>& of_table, const Reference& reference) {
  for (const Kernels* kernels : kernel_list())
    for (const int count : {1, 19, 40000}) {
      INFO(kernels->name << " count " << count);
      CHECK(worst_of(count, states, of_table(*kernels), reference) < 2e-5);
    }
}

}  // namespace

TEST_CASE("adam takes bias-corrected steps with decay, decoupled or not, and with the largest variance", "[kernels]") {
  const bool decoupled = GENERATE(false, true), amsgrad = GENERATE(false, true);
  check_all(
      amsgrad ? 3 : 2,
      [=](const Kernels& kernels) {
        return [=, &kernels](const Stream& s, const float* g, float* x, int n, int step) {
          kernels.adam(s, {step_of(step, 0.01f, 0.1f), 0.9f, 0.99f, 1e-8f, decoupled}, g, x, x + n, x + 2 * n,
                       amsgrad ? x + 3 * n : nullptr, n);
        };
      },
      [=](Values& x, size_t i, double g, int step) {
        double &p = x[0][i], &m = x[1][i], &v = x[2][i];
        if (!decoupled) g += 0.1 * p;
        m = 0.9 * m + 0.1 * g;
        v = 0.99 * v + 0.01 * g * g;
        if (amsgrad) x[3][i] = std::max(x[3][i], v);
        const double used = (amsgrad ? x[3][i] : v) / (1 - std::pow(0.99, step));
        if (decoupled) p *= 1 - 0.01 * 0.1;
        p -= 0.01 * m / (1 - std::pow(0.9, step)) / (std::sqrt(used) + 1e-8);
      });
}

TEST_CASE("sgd has momentum that begins with the first gradient, dampening and Nesterov's look ahead", "[kernels]") {
  const bool nesterov = GENERATE(false, true);
  const double dampening = nesterov ? 0 : 0.3;
  check_all(
      1,
      [=](const Kernels& kernels) {
        return [=, &kernels](const Stream& s, const float* g, float* x, int n, int step) {
          kernels.sgd(s, {step_of(step, 0.1f, 0.02f), 0.8f, float(dampening), nesterov}, g, x, x + n, n);
        };
      },
      [=](Values& x, size_t i, double g, int step) {
        g += 0.02 * x[0][i];
        x[1][i] = step == 1 ? g : 0.8 * x[1][i] + (1 - dampening) * g;
        x[0][i] -= 0.1 * (nesterov ? g + 0.8 * x[1][i] : x[1][i]);
      });
  check_all(
      0,
      [](const Kernels& kernels) {
        return [&](const Stream& s, const float* g, float* x, int n, int step) {
          kernels.sgd(s, {step_of(step, 0.1f, 0), 0, 0, false}, g, x, nullptr, n);
        };
      },
      [](Values& x, size_t i, double g, int) { x[0][i] -= 0.1 * g; });
}

TEST_CASE("rmsprop is centred and has momentum", "[kernels]") {
  check_all(
      3,
      [](const Kernels& kernels) {
        return [&](const Stream& s, const float* g, float* x, int n, int step) {
          kernels.rmsprop(s, {step_of(step, 0.01f, 0.1f), 0.9f, 1e-3f, 0.5f}, g, x, x + n, x + 2 * n, x + 3 * n, n);
        };
      },
      [](Values& x, size_t i, double g, int) {
        g += 0.1 * x[0][i];
        x[1][i] = 0.9 * x[1][i] + 0.1 * g * g;
        x[2][i] = 0.9 * x[2][i] + 0.1 * g;
        x[3][i] = 0.5 * x[3][i] + g / (std::sqrt(x[1][i] - x[2][i] * x[2][i]) + 1e-3);
        x[0][i] -= 0.01 * x[3][i];
      });
}

TEST_CASE("adagrad divides by the root of all squares", "[kernels]") {
  check_all(
      1,
      [](const Kernels& kernels) {
        return [&](const Stream& s, const float* g, float* x, int n, int step) {
          kernels.adagrad(s, step_of(step, 0.01f, 0.1f), 1e-3f, g, x, x + n, n);
        };
      },
      [](Values& x, size_t i, double g, int) {
        g += 0.1 * x[0][i];
        x[1][i] += g * g;
        x[0][i] -= 0.01 * g / (std::sqrt(x[1][i]) + 1e-3);
      });
}

TEST_CASE("lion steps by signs", "[kernels]") {
  check_all(
      1,
      [](const Kernels& kernels) {
        return [&](const Stream& s, const float* g, float* x, int n, int step) {
          kernels.lion(s, step_of(step, 0.01f, 0.1f), 0.9f, 0.99f, g, x, x + n, n);
        };
      },
      [](Values& x, size_t i, double g, int) {
        const double c = 0.9 * x[1][i] + 0.1 * g;
        x[0][i] = x[0][i] * (1 - 0.01 * 0.1) - 0.01 * ((c > 0) - (c < 0));
        x[1][i] = 0.99 * x[1][i] + 0.01 * g;
      });
}

TEST_CASE("muon_direction and approach move by shares", "[kernels]") {
  check_all(
      2,
      [](const Kernels& kernels) {
        return [&](const Stream& s, const float* g, float* x, int n, int) {
          kernels.muon_direction(s, 0.5f, 0.9f, true, g, x + n, x + 2 * n, n);
          kernels.approach(s, x + 2 * n, 0.25f, x, n);
        };
      },
      [](Values& x, size_t i, double g, int) {
        x[1][i] = 0.9 * x[1][i] + 0.1 * g;
        x[2][i] = 0.9 * x[1][i] + 0.1 * g;
        x[0][i] += 0.25 * (x[2][i] - x[0][i]);
      });
}

TEST_CASE("adafactor factors second moments by rows and columns", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& [rows, cols] : {std::pair{1, 70}, {70, 1}, {33, 517}}) {
      INFO(kernels->name << " " << rows << " x " << cols);
      const auto n = size_t(rows) * size_t(cols);
      const std::vector<float> g = noise(n, 3), start = noise(n, 4);
      std::vector<float> row_mean(size_t(rows), 0), column_mean(size_t(cols), 0), r(row_mean), c(column_mean);
      TestStream three(3);
      kernels->adafactor_moments(three, 0.5f, 0, 1e-30f, g.data(), rows, cols, row_mean.data(), column_mean.data(),
                                 r.data(), c.data());
      std::vector<double> row(size_t(rows), 0), column(size_t(cols), 0), update(n);
      double mean = 0, squares = 0;
      for (size_t i = 0; i < n; ++i) {
        const double square = 0.25 * double(g[i]) * g[i];
        row[i / size_t(cols)] += square / cols;
        column[i % size_t(cols)] += square / rows;
        mean += square / double(n);
      }
      for (size_t i = 0; i < n; ++i) {
        update[i] = 0.5 * g[i] / std::sqrt(row[i / size_t(cols)] / mean * column[i % size_t(cols)]);
        squares += update[i] * update[i];
      }
      const double found = kernels->adafactor_square_sum(three, 0.5f, g.data(), r.data(), c.data(), rows, cols);
      CHECK(found == Approx(squares).epsilon(1e-5));
      const AdafactorStep step{{0.5f, 0.1f, 0.2f, 1}, 0.7f, 0.9f};
      std::vector<float> state = start;
      state.resize(2 * n);
      state = run_on_workers(state, [&, rows = rows, cols = cols](const Stream& s, float* x) {
        kernels->adafactor(s, step, g.data(), r.data(), c.data(), x, x + n, rows, cols);
      });
      std::vector<double> expected(2 * n);
      for (size_t i = 0; i < n; ++i) {
        expected[n + i] = 0.1 * 0.1 * 0.7 * update[i];
        expected[i] = start[i] * (1 - 0.1 * 0.2) - expected[n + i];
      }
      CHECK(difference(state, expected) < 1e-5);
    }
}

TEST_CASE("adam_8bit follows adam within the rounding of its moments", "[kernels]") {
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    constexpr size_t n = 5000, blocks = 3;
    std::vector<float> p = noise(n, 1), exact = p, m(n), v(n);
    // Parameter, then both scales, then the codes of both moments.
    std::vector<float> state = p;
    state.resize(n + 2 * blocks + 2 * n / 4);
    std::memset(state.data() + n + 2 * blocks, 127, n);
    for (int step = 1; step <= 20; ++step) {
      const std::vector<float> g = noise(n, unsigned(30 + step));
      const AdamStep options = {{1, 0.01f, 0.1f, step}, 0.9f, 0.99f, 1e-8f, true};
      kernels->adam(TestStream(), options, g.data(), exact.data(), m.data(), v.data(), nullptr, n);
      state = run_on_workers(state, [&](const Stream& s, float* x) {
        auto* codes = reinterpret_cast<uint8_t*>(x + n + 2 * blocks);
        kernels->adam_8bit(s, options, g.data(), x, {codes, x + n}, {codes + n, x + n + blocks}, n);
      });
    }
    CHECK(difference(std::span(state).first(n), exact) < 0.02);
    double square = 0;
    for (size_t i = 0; i < n; ++i) square += std::pow(double(state[i] - exact[i]), 2);
    CHECK(std::sqrt(square / n) < 0.003);
    CHECK(state[n] == Approx(*std::max_element(m.begin(), m.begin() + 2048)).epsilon(0.1));
  }
}

TEST_CASE("Sums over gradients are in double and in one order; the largest tells what is not a number", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const size_t count : {size_t(0), size_t(1), size_t(7), size_t(100000)}) {
      INFO(kernels->name << " count " << count);
      std::vector<float> x = noise(count, 2);
      double squares = 0, sum = 0, most = 0;
      for (const float value : x) {
        squares += double(value) * value;
        sum += std::abs(double(value));
        most = std::max(most, std::abs(double(value)));
      }
      const auto n = int64_t(count);
      const auto found = [&](auto kernel, int workers) {
        std::vector<double> of_all(1, -1);
        kernel(TestStream(workers), x.data(), n, of_all.data());
        return of_all[0];
      };
      CHECK(std::abs(found(kernels->square_sum, 1) - squares) <= 1e-12 * squares);
      CHECK(found(kernels->square_sum, 3) == found(kernels->square_sum, 1));
      CHECK(std::abs(found(kernels->absolute_sum, 3) - sum) <= 1e-12 * sum);
      CHECK(found(kernels->largest_absolute, 3) == most);
      if (count == 0) continue;
      x[count / 2] = NAN;
      CHECK(std::isnan(found(kernels->largest_absolute, 3)));
    }
}

TEST_CASE("clamp limits values on both sides", "[kernels]") {
  for (const Kernels* kernels : kernel_list()) {
    std::vector<float> x = noise(1000, 5);
    x[3] = NAN;
    std::vector<float> expected = x;
    for (float& value : expected) value = value > 0.5f ? 0.5f : value < -0.5f ? -0.5f : value;
    kernels->clamp(TestStream(3), 0.5f, x.data(), 1000);
    CHECK(std::isnan(x[3]));
    x[3] = expected[3] = 0;
    CHECK(x == expected);
  }
}

}  // namespace graft
