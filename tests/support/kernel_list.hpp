// SPDX-License-Identifier: Apache-2.0
//
// What the tests of kernels share: the tables, noise, and comparison with a reference in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "kernels.hpp"
#include "support/stream.hpp"

namespace graft {

// The tables that this program tests.
std::span<const Kernels* const> kernel_list();

// The most rows of an input among which each row's integer product has the bits that it has alone. Further ones go to
// cuBLAS on the CUDA table, and are products of bf16 on those for AMX.
inline int most_rows_alike(const Kernels& kernels) {
  const std::string_view name = kernels.name;
  return name == "cuda" ? 32 : name.starts_with("cpu/amx") ? 64 : std::numeric_limits<int>::max();
}

inline std::vector<float> noise(size_t count, unsigned seed, float scale = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> x(count);
  for (float& value : x) value = normal(random);
  return x;
}

// Values that bf16 holds, as floats and as such.
struct Rounded {
  std::vector<uint16_t> halves;
  std::vector<float> floats;

  Rounded(const Kernels& kernels, const std::vector<float>& x) : halves(x.size()), floats(x.size()) {
    kernels.convert(TestStream(), x.data(), Dtype::bf16, halves.data(), static_cast<int64_t>(x.size()));
    kernels.decode(TestStream(), Dtype::bf16, halves.data(), floats.data(), static_cast<int64_t>(x.size()));
  }
  Operand as_floats(int cols) const { return {floats.data(), cols}; }
  Operand as_halves(int cols) const { return {nullptr, cols, false, halves.data()}; }
};

// The largest difference, or NaN.
template <class A, class B>
double difference(const A& found, const B& expected) {
  double worst = found.size() == expected.size() ? 0 : NAN;
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
    const double d = std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
    worst = std::isnan(d) ? d : std::max(worst, d);
    if (std::isnan(d)) return d;
  }
  return worst;
}

// run(stream, out) leaves the same bits for one worker and for three; gives them.
template <class Run>
std::vector<float> run_on_workers(std::vector<float> out, const Run& run) {
  TestStream one(1), three(3);
  std::vector<float> other = out;
  run(Stream(one), out.data());
  run(Stream(three), other.data());
  if (!out.empty() && std::memcmp(out.data(), other.data(), out.size() * sizeof(float)) != 0)
    out.assign(out.size(), NAN);
  return out;
}

}  // namespace graft
