// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/test_weight.hpp"

namespace graft {

TEST_CASE("matmul takes a right operand of bf16", "[kernels]") {
  const int m = 13, n = 70, k = 35;
  const std::vector<float> a = noise(m * k, 17), b = noise(k * n, 18), start(m * n);
  for (const Kernels* kernels : kernel_list())
    for (const Compute compute : {Compute::f32, Compute::bf16}) {
      const Rounded rounded(*kernels, b);
      const auto product = [&](const Operand& right) {
        return run_on_workers(start, [&](Stream stream, float* out) {
          kernels->matmul(stream, compute, {a.data(), k}, right, out, n, m, n, k, 1, false);
        });
      };
      INFO(kernels->name << " compute " << static_cast<int>(compute));
      CHECK(product(rounded.as_halves(n)) == product(rounded.as_floats(n)));
    }
}

TEST_CASE("matmul takes operands and their transposes", "[kernels]") {
  const int shapes[][3] = {{1, 1, 1},     {16, 16, 300}, {2, 33, 31}, {13, 65, 5},
                           {100, 40, 64}, {30, 9, 700},  {3, 3, 0},   {250, 70, 20}};
  for (const Kernels* kernels : kernel_list())
    for (const Compute compute : {Compute::f32, Compute::bf16})
      for (int flags = 0; flags < 8; ++flags)
        for (const auto& shape : shapes) {
          const int m = shape[0], n = shape[1], k = shape[2];
          const bool at = flags & 1, bt = flags & 2, add = flags & 4;
          INFO(kernels->name << " compute " << static_cast<int>(compute) << " shape " << m << " " << n << " " << k
                             << " flags " << flags);
          const int a_stride = (at ? m : k) + 3, b_stride = (bt ? k : n) + 2, c_stride = n + 1;
          const std::vector<float> a = noise(a_stride * ((at ? k : m) + 1), 17), start = noise(m * c_stride, 19);
          const std::vector<float> b = noise(b_stride * ((bt ? n : k) + 1), 18);
          const auto c = run_on_workers(start, [&](Stream stream, float* out) {
            kernels->matmul(stream, compute, {a.data(), a_stride, at}, {b.data(), b_stride, bt}, out, c_stride, m, n, k,
                            0.5f, add);
          });
          std::vector<double> expected(start.begin(), start.end());
          for (int i = 0; i < m; ++i)
            for (int j = 0; j < n; ++j) {
              double sum = 0;
              for (int l = 0; l < k; ++l)
                sum += static_cast<double>(a[at ? l * a_stride + i : i * a_stride + l]) *
                       b[bt ? j * b_stride + l : l * b_stride + j];
              expected[i * c_stride + j] = 0.5 * sum + (add ? expected[i * c_stride + j] : 0);
            }
          CHECK(difference(c, expected) < tolerance(compute, k + 1));
        }
}

TEST_CASE("matmul multiplies the few elements of a left operand that are not 0", "[kernels]") {
  const int shapes[][3] = {{64, 128, 100}, {70, 250, 300}, {33, 1000, 129}, {200, 40, 2}, {64, 40, 0}};
  for (const Kernels* kernels : kernel_list())
    for (const bool add : {false, true})
      for (const auto& shape : shapes) {
        const int m = shape[0], n = shape[1], k = shape[2];
        INFO(kernels->name << " shape " << m << " " << n << " " << k << " add " << add);
        std::vector<float> columns = noise(k * m + 1, 21), rows(columns.size());
        for (float& value : columns)
          if (value < 0.7f) value = 0;
        for (int l = 0; l < k; ++l)
          for (int i = 0; i < m; ++i) rows[i * k + l] = columns[l * m + i];
        const std::vector<float> b = noise(k * n + 1, 22), start = noise(m * n, 23);
        const auto product = [&](const Operand& a) {
          return run_on_workers(start, [&](Stream stream, float* out) {
            kernels->matmul(stream, Compute::f32, a, {b.data(), n}, out, n, m, n, k, 1, add);
          });
        };
        const std::vector<float> sparse = product({columns.data(), m, true}), dense = product({rows.data(), k});
        CHECK(difference(sparse, dense) < tolerance(Compute::f32, k + 1));
        const std::string_view name = kernels->name;
        if (!add && name.starts_with("cpu/avx") && !name.ends_with("onednn")) CHECK(sparse == dense);
      }
}

}  // namespace graft
