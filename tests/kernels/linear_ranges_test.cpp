// SPDX-License-Identifier: Apache-2.0
//
// Products whose weights take rows of their own, as those of experts do.
#include <catch2/catch.hpp>

#include "support/test_weight.hpp"

namespace graft {

// Parts of few and of many rows, one of none, and rows of none; two weights of a part, one with an edit.
TEST_CASE("linear multiplies ranges of rows by weights of their own", "[kernels]") {
  const int inputs = 96, outputs = 70, rank = 4;
  const RowSpan ranges[] = {{0, 3}, {0, 3}, {3, 0}, {3, 46}, {49, 1}};
  constexpr int kRows = 52, kCount = 5;
  const size_t size = kRows * outputs;
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : {Dtype::f32, Dtype::bf16, Dtype::q8_0})
      for (const Compute compute : kComputes) {
        INFO(kernels->name << " dtype " << static_cast<int>(dtype) << " compute " << static_cast<int>(compute));
        std::vector<TestWeight> weights;
        std::vector<PackedMatrix> matrices;
        for (unsigned i = 0; i < kCount; ++i) weights.emplace_back(*kernels, dtype, outputs, inputs, 20 + i);
        for (const TestWeight& weight : weights) matrices.push_back(weight.matrix);
        const TestWeight down(*kernels, Dtype::f32, rank, inputs, 14), up(*kernels, Dtype::f32, outputs, rank, 15);
        const std::vector<float> x = noise(kRows * inputs, 18), bias = noise(outputs, 19), start = noise(2 * size, 30);
        const float* const biases[] = {nullptr, bias.data(), nullptr, bias.data(), nullptr};
        std::vector<float> hidden(2 * kRows * rank);
        const LowRankEdit edits[] = {{1, 1, 2, down.matrix, up.matrix, 0.5f, hidden.data()},
                                     {3, 10, 39, down.matrix, up.matrix, 2, hidden.data() + kRows * rank}};
        // The second weight writes to a matrix of its own.
        const auto outputs_of = [&](float* out, int i) { return out + (i == 1 ? size : 0); };

        const auto found = run_on_workers(start, [&](Stream stream, float* out) {
          std::vector<float*> ys;
          for (int i = 0; i < kCount; ++i) ys.push_back(outputs_of(out, i));
          kernels->linear(stream, compute, {x.data(), inputs}, kRows, matrices.data(), biases, ys.data(), kCount, edits,
                          2, ranges);
        });
        std::vector<float> expected = start;
        for (int i = 0; i < kCount; ++i) {
          const auto [first, rows] = ranges[i];
          float* y = outputs_of(expected.data(), i) + first * outputs;
          LowRankEdit edit = edits[i == 3];
          const int edit_count = edit.weight == i;
          edit.weight = 0, edit.first -= first;
          kernels->linear(TestStream(), compute, {x.data() + first * inputs, inputs}, rows, &matrices[i], &biases[i],
                          &y, 1, &edit, edit_count, nullptr);
        }
        CHECK(found == expected);
      }
}

// More products than a launch takes, of two dtypes by turns; halves of odd and of even rows.
TEST_CASE("linear multiplies many ranges of a row each, of floats or of bf16", "[kernels]") {
  constexpr int kRows = 95, kOutputs = 5;
  for (const Kernels* kernels : kernel_list())
    for (const int cols : {64, 33}) {
      INFO(kernels->name << " cols " << cols);
      const TestWeight a(*kernels, Dtype::bf16, kOutputs, cols, 5), b(*kernels, Dtype::f32, kOutputs, cols, 6);
      const Rounded x(*kernels, noise(kRows * cols, 7));
      std::vector<float> found(kRows * kOutputs), as_halves(found.size());
      std::vector<PackedMatrix> weights;
      std::vector<RowSpan> ranges;
      for (int row = 0; row < kRows; ++row) {
        weights.push_back(row % 3 == 0 ? b.matrix : a.matrix);
        ranges.push_back({row, 1});
      }
      const auto multiply = [&](const Operand& from, std::vector<float>& y) {
        const std::vector<float*> ys(kRows, y.data());
        kernels->linear(TestStream(), Compute::bf16, from, kRows, weights.data(), nullptr, ys.data(), kRows, nullptr, 0,
                        ranges.data());
      };
      multiply(x.as_floats(cols), found);
      multiply(x.as_halves(cols), as_halves);
      CHECK(as_halves == found);
      const std::vector<double> by_a = reference(x.floats, a, nullptr, kRows),
                                by_b = reference(x.floats, b, nullptr, kRows);
      std::vector<double> expected;
      for (size_t i = 0; i < found.size(); ++i) expected.push_back(i / kOutputs % 3 == 0 ? by_b[i] : by_a[i]);
      CHECK(difference(found, expected) < 1e-4);
    }
}

}  // namespace graft
