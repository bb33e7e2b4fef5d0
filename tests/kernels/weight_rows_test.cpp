// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/test_weight.hpp"

namespace graft {

namespace {

// The same weight, as its rows lie.
PackedMatrix rows_of(const TestWeight& w) { return {w.values.data(), Dtype::f32, w.matrix.rows, w.matrix.cols, true}; }

// x by two weights in one call: the products one after the other. `bias`: of the first; null: none.
std::vector<float> products(const Kernels& kernels, const std::vector<float>& x, int rows, const PackedMatrix& one,
                            const PackedMatrix& other, const float* bias) {
  const PackedMatrix weights[] = {one, other};
  const float* biases[] = {bias, nullptr};
  return run_on_workers(std::vector<float>(rows * (one.rows + other.rows)), [&](Stream stream, float* out) {
    float* y[] = {out, out + rows * one.rows};
    kernels.linear(stream, Compute::f32, {x.data(), one.cols}, rows, weights, biases, y, 2, nullptr, 0, nullptr);
  });
}

}  // namespace

TEST_CASE("a weight that lies in rows gives the bits of its packed form", "[kernels]") {
  constexpr int kNarrow = 7;  // outputs of the other weight of the group
  const int shapes[][3] = {{1, 75, 1101}, {40, 75, 1101}, {530, 75, 41}, {5, 1100, 60}};  // rows, outputs, inputs
  for (const Kernels* kernels : kernel_list())
    for (const auto& [rows, outputs, inputs] : shapes) {
      // Products of oneDNN are another sum.
      if (std::string_view(kernels->name).ends_with("onednn")) continue;
      INFO(kernels->name << " rows " << rows << " outputs " << outputs << " inputs " << inputs);
      const TestWeight w(*kernels, Dtype::f32, outputs, inputs, 1), narrow(*kernels, Dtype::f32, kNarrow, inputs, 2);
      const std::vector<float> bias = noise(outputs, 3), x = noise(rows * inputs, 4);
      const std::vector<float> dy = noise(rows * outputs, 5), dz = noise(rows * kNarrow, 6);
      const auto forward = [&](const PackedMatrix& one, const PackedMatrix& other) {
        return products(*kernels, x, rows, one, other, bias.data());
      };
      CHECK(forward(rows_of(w), rows_of(narrow)) == forward(w.matrix, narrow.matrix));
      const auto backward = [&](const PackedMatrix& one, const PackedMatrix& other) {
        const PackedMatrix weights[] = {one, other};
        const Operand slopes[] = {{dy.data(), outputs}, {dz.data(), kNarrow}};
        return run_on_workers(std::vector<float>(rows * inputs), [&](Stream stream, float* dx) {
          kernels->linear_backward(stream, Compute::f32, slopes, rows, weights, nullptr, 2, dx);
        });
      };
      CHECK(backward(rows_of(w), rows_of(narrow)) == backward(w.matrix, narrow.matrix));
      const auto unpacked = [&](const PackedMatrix& from) {
        return run_on_workers(std::vector<float>(10 * inputs),
                              [&](Stream stream, float* out) { kernels->unpack(stream, from, 60, 10, out); });
      };
      CHECK(unpacked(rows_of(w)) == unpacked(w.matrix));
    }
}

TEST_CASE("few rows by a weight that lies in rows give the bits of its packed form", "[kernels]") {
  const int shapes[][3] = {{1, 200, 1100}, {33, 200, 300}, {100, 512, 1000}};  // rows, outputs, inputs
  for (const Kernels* kernels : kernel_list())
    for (const auto& [rows, outputs, inputs] : shapes) {
      if (std::string_view(kernels->name).ends_with("onednn")) continue;
      INFO(kernels->name << " rows " << rows << " outputs " << outputs << " inputs " << inputs);
      const TestWeight w(*kernels, Dtype::f32, outputs, inputs, 1), v(*kernels, Dtype::f32, outputs, inputs, 2);
      const std::vector<float> bias = noise(outputs, 3), x = noise(rows * inputs, 4);
      CHECK(products(*kernels, x, rows, rows_of(w), rows_of(v), bias.data()) ==
            products(*kernels, x, rows, w.matrix, v.matrix, bias.data()));
    }
}

TEST_CASE("a weight that lies in rows shares a call with a quantised one", "[kernels]") {
  constexpr int kRows = 30, kOutputs = 70, kInputs = 96;
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    const TestWeight w(*kernels, Dtype::f32, kOutputs, kInputs, 1), q(*kernels, Dtype::q8_0, kOutputs, kInputs, 2);
    const std::vector<float> x = noise(kRows * kInputs, 3);
    const auto found = products(*kernels, x, kRows, rows_of(w), q.matrix, nullptr);
    std::vector<double> expected = reference(x, w, nullptr, kRows);
    for (const double value : reference(x, q, nullptr, kRows)) expected.push_back(value);
    CHECK(difference(found, expected) < tolerance(Compute::f32, kInputs));
  }
}

}  // namespace graft
