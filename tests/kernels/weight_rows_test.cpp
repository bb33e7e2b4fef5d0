// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/test_weight.hpp"

namespace graft {

namespace {

// The same weight, as its rows lie.
PackedMatrix rows_of(const TestWeight& w) { return {w.values.data(), Dtype::f32, w.matrix.rows, w.matrix.cols, true}; }

}  // namespace

TEST_CASE("a weight that lies in rows gives the bits of its packed form", "[kernels]") {
  constexpr int kOutputs = 75, kInputs = 1101;  // more than a piece of the depth, both not whole vectors
  for (const Kernels* kernels : kernel_list()) {
    // Products of oneDNN are another sum.
    if (std::string_view(kernels->name).ends_with("onednn")) continue;
    const TestWeight w(*kernels, Dtype::f32, kOutputs, kInputs, 1), narrow(*kernels, Dtype::f32, 7, kInputs, 2);
    const std::vector<float> bias = noise(kOutputs, 3);
    for (const int rows : {1, 5, 40, 530}) {
      INFO(kernels->name << " rows " << rows);
      const std::vector<float> x = noise(rows * kInputs, 4), dy = noise(rows * kOutputs, 5), dz = noise(rows * 7, 6);
      const auto forward = [&](const PackedMatrix& one, const PackedMatrix& other) {
        const PackedMatrix weights[] = {one, other};
        const float* biases[] = {bias.data(), nullptr};
        const std::vector<float> start(rows * (kOutputs + 7));
        return run_on_workers(start, [&](Stream stream, float* out) {
          float* outputs[] = {out, out + rows * kOutputs};
          kernels->linear(stream, Compute::f32, {x.data(), kInputs}, rows, weights, biases, outputs, 2, nullptr, 0,
                          nullptr);
        });
      };
      CHECK(forward(rows_of(w), rows_of(narrow)) == forward(w.matrix, narrow.matrix));
      const auto backward = [&](const PackedMatrix& one, const PackedMatrix& other) {
        const PackedMatrix weights[] = {one, other};
        const float* slopes[] = {dy.data(), dz.data()};
        return run_on_workers(std::vector<float>(rows * kInputs), [&](Stream stream, float* dx) {
          kernels->linear_backward(stream, Compute::f32, slopes, rows, weights, nullptr, 2, dx);
        });
      };
      CHECK(backward(rows_of(w), rows_of(narrow)) == backward(w.matrix, narrow.matrix));
    }
    const std::vector<float> start(10 * kInputs);
    const auto unpacked = [&](const PackedMatrix& from) {
      return run_on_workers(start, [&](Stream stream, float* out) { kernels->unpack(stream, from, 60, 10, out); });
    };
    CHECK(unpacked(rows_of(w)) == unpacked(w.matrix));
  }
}

}  // namespace graft
