// SPDX-License-Identifier: Apache-2.0
//
// Gradients that are bf16 from one kernel to the next, where the next would round them.
#include <array>
#include <catch2/catch.hpp>

#include "support/test_weight.hpp"

namespace graft {

TEST_CASE("linear_backward reads gradients of bf16 as the floats that they are", "[kernels]") {
  constexpr int kInputs = 190, kRank = 16, kNarrow = 5;
  for (const Kernels* kernels : kernel_list())
    for (const Compute compute : {Compute::f32, Compute::bf16})
      for (const int rows : {3, 41, 530})
        for (const int outputs : {70, 33, 2048}) {
          INFO(kernels->name << " compute " << int(compute) << " rows " << rows << " outputs " << outputs);
          const Dtype dtype = compute == Compute::f32 ? Dtype::f32 : Dtype::bf16;
          const TestWeight w(*kernels, dtype, outputs, kInputs, 1), narrow(*kernels, dtype, kNarrow, kInputs, 2);
          const TestWeight down(*kernels, dtype, kRank, kInputs, 3), up(*kernels, dtype, outputs, kRank, 4);
          const std::vector<float> hidden = noise(rows * kRank, 5), x = noise(rows * kInputs, 6);
          const Rounded dy(*kernels, noise(rows * outputs, 7)), dz(*kernels, noise(rows * kNarrow, 8));
          const PackedMatrix weights[] = {w.matrix, narrow.matrix};
          const int parts[] = {rows * kInputs, rows * kRank, outputs * kRank, kRank * kInputs};
          const std::vector<float> start = noise(parts[0] + parts[1] + parts[2] + parts[3], 9);
          const auto gradients = [&](const Operand& first, const Operand& second) {
            const Operand slopes[] = {first, second};
            return run_on_workers(start, [&](Stream stream, float* out) {
              float *dhidden = out + parts[0], *dup = dhidden + parts[1], *ddown = dup + parts[2];
              const LowRankGradient edits[] = {
                  {down.matrix, up.matrix, 0.5f, hidden.data(), dhidden, {x.data(), kInputs}, dup, ddown}, {}};
              kernels->linear_backward(stream, compute, slopes, rows, weights, edits, 2, out);
            });
          };
          const std::vector<float> expected = gradients(dy.as_floats(outputs), dz.as_floats(kNarrow));
          CHECK(gradients(dy.as_halves(outputs), dz.as_halves(kNarrow)) == expected);
          CHECK(gradients(dy.as_halves(outputs), dz.as_floats(kNarrow)) == expected);
        }
}

TEST_CASE("matmul reads a transposed left operand of bf16 as the floats that it is", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Compute compute : {Compute::f32, Compute::bf16})
      for (const auto& [m, n, k] : {std::array{13, 70, 35}, std::array{150, 40, 64}}) {
        if (!kernels->rounds_gradient(Dtype::bf16, compute)) continue;
        INFO(kernels->name << " compute " << int(compute) << " shape " << m << " " << n << " " << k);
        const Rounded a(*kernels, noise(k * m, 1));
        const std::vector<float> b = noise(k * n, 2), start(m * n);
        const auto product = [&](Operand left) {
          left.transposed = true;
          return run_on_workers(start, [&](Stream stream, float* out) {
            kernels->matmul(stream, compute, left, {b.data(), n}, out, n, m, n, k, 1, false);
          });
        };
        CHECK(product(a.as_halves(m)) == product(a.as_floats(m)));
      }
}

}  // namespace graft
