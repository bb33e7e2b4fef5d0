// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/test_weight.hpp"

namespace graft {
namespace {

constexpr int kRows = 41, kCols = 190;

// Whether call(stream, sum) writes to what is unset just what it adds to zeros.
template <class Call>
bool writes_what_it_adds(const Call& call) {
  const std::vector<float> zeros(size_t(kRows) * kCols), unset(zeros.size(), NAN);
  const auto added = run_on_workers(zeros, [&](Stream stream, float* out) { call(stream, GradientSum(out)); });
  const auto written = run_on_workers(unset, [&](Stream stream, float* out) { call(stream, GradientSum(out, true)); });
  return difference(added, zeros) > 0.1 && written == added;
}

}  // namespace

TEST_CASE("a gradient that is unset is written as it is added to zeros", "[kernels]") {
  constexpr int64_t kCount = int64_t{kRows} * kCols;
  const std::vector<float> x = noise(kCount, 1), dy = noise(kCount, 2), up = noise(kCount, 3);
  const std::vector<float> gain = noise(kCols, 4), mean = noise(kRows, 5), inverse(kRows, 0.9f);
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    CHECK(writes_what_it_adds([&](Stream s, GradientSum y) { kernels->accumulate(s, x.data(), 0.5f, y, kCount); }));
    CHECK(writes_what_it_adds([&](Stream s, GradientSum dx) {
      kernels->activation_backward(s, Activation::silu, x.data(), Dtype::f32, dy.data(), dx, kCount);
    }));
    CHECK(writes_what_it_adds([&](Stream s, GradientSum dgate) {
      kernels->gated_activation_backward(s, Activation::silu, x.data(), up.data(), Dtype::f32, dy.data(), dgate,
                                         nullptr, kCount);
    }));
    CHECK(writes_what_it_adds([&](Stream s, GradientSum dup) {
      kernels->gated_activation_backward(s, Activation::silu, x.data(), up.data(), Dtype::f32, dy.data(), nullptr, dup,
                                         kCount);
    }));
    CHECK(writes_what_it_adds([&](Stream s, GradientSum dx) {
      kernels->rms_norm_backward(s, x.data(), gain.data(), inverse.data(), dy.data(), dx, nullptr, kRows, kCols, 1);
    }));
    CHECK(writes_what_it_adds([&](Stream s, GradientSum dx) {
      kernels->layer_norm_backward(s, x.data(), gain.data(), mean.data(), inverse.data(), dy.data(), dx, nullptr,
                                   nullptr, kRows, kCols);
    }));
  }
}

TEST_CASE("an unset gradient of a product is written by the first weight and added to by the others", "[kernels]") {
  constexpr int kOutputs = 1100, kRank = 16;  // more outputs than a piece of the depth has
  const std::vector<float> dy = noise(kRows * kOutputs, 1), dz = noise(kRows * 5, 2);
  const std::vector<float> hidden = noise(kRows * kRank, 3), x = noise(kRows * kCols, 4);
  const Operand slopes[] = {{dy.data(), kOutputs}, {dz.data(), 5}};
  for (const Kernels* kernels : kernel_list())
    for (const Compute compute : {Compute::f32, Compute::bf16}) {
      INFO(kernels->name << " compute " << int(compute));
      const Dtype dtype = compute == Compute::f32 ? Dtype::f32 : Dtype::bf16;
      const TestWeight w(*kernels, dtype, kOutputs, kCols, 5), small(*kernels, dtype, 5, kCols, 6);
      const TestWeight down(*kernels, dtype, kRank, kCols, 7), up(*kernels, dtype, kOutputs, kRank, 8);
      const PackedMatrix weights[] = {w.matrix, small.matrix};
      std::vector<float> dhidden(kRows * kRank);
      const LowRankGradient edits[] = {
          {down.matrix, up.matrix, 0.5f, hidden.data(), dhidden.data(), {x.data(), kCols}, nullptr, nullptr}, {}};
      for (const LowRankGradient* edited : {edits, static_cast<const LowRankGradient*>(nullptr)})
        CHECK(writes_what_it_adds([&](Stream s, GradientSum dx) {
          kernels->linear_backward(s, compute, slopes, kRows, weights, edited, 2, dx);
        }));
    }
}

}  // namespace graft
