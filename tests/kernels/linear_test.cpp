// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/test_weight.hpp"

namespace graft {
namespace {

constexpr Dtype kTested[] = {Dtype::f32,  Dtype::f16,    Dtype::bf16,  Dtype::q8_0, Dtype::q4_0,
                             Dtype::q4_1, Dtype::q5_0,   Dtype::q5_1,  Dtype::q4_k, Dtype::q5_k,
                             Dtype::q6_k, Dtype::iq4_nl, Dtype::iq4_xs};

int cols_of(Dtype dtype, int cols) {
  const int block = block_size(dtype).elements;
  return (cols + block - 1) / block * block;
}

double scale_of(const TestWeight& w) {
  double sum = 0;
  for (const float value : w.values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum / static_cast<double>(w.values.size()));
}

}  // namespace

TEST_CASE("unpack gives what pack was given", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : kTested) {
      const TestWeight w(*kernels, dtype, 75, cols_of(dtype, 37), 1);
      INFO(kernels->name << " dtype " << static_cast<int>(dtype));
      TestStream stream(2);
      std::vector<float> rows(40 * w.matrix.cols);
      kernels->unpack(stream, w.matrix, 30, 40, rows.data());
      CHECK(difference(rows, std::span(w.values).subspan(30 * w.matrix.cols, rows.size())) == 0);
      const std::vector<int32_t> ids = {74, 0, 31, 31, 64};
      std::vector<float> y(ids.size() * w.matrix.cols);
      kernels->embedding(stream, w.matrix, ids.data(), 5, y.data());
      for (size_t i = 0; i < ids.size(); ++i)
        CHECK(difference(std::span(y).subspan(i * w.matrix.cols, w.matrix.cols),
                         std::span(w.values).subspan(ids[i] * w.matrix.cols, w.matrix.cols)) == 0);
    }
}

TEST_CASE("linear agrees with sums in double", "[kernels]") {
  const int shapes[][3] = {{1, 1, 1},     {1, 70, 300},  {2, 33, 31},    {3, 65, 128}, {5, 32, 1025},
                           {6, 100, 64},  {7, 31, 7},    {8, 40, 96},    {12, 17, 50}, {13, 64, 40},
                           {25, 96, 530}, {100, 50, 33}, {130, 600, 20}, {490, 70, 32}};
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : kTested)
      for (const Compute compute : kComputes)
        for (const auto& shape : shapes) {
          const int rows = shape[0], outputs = shape[1], depth = shape[2];
          const int cols = cols_of(dtype, depth);
          INFO(kernels->name << " dtype " << static_cast<int>(dtype) << " compute " << static_cast<int>(compute)
                             << " shape " << rows << " " << outputs << " " << cols);
          const TestWeight w(*kernels, dtype, outputs, cols, 2);
          const std::vector<float> x = noise(rows * cols, 3), bias = noise(outputs, 4);
          const float* bias_data = rows % 2 == 1 ? bias.data() : nullptr;
          const auto y = run_on_workers(std::vector<float>(rows * outputs, NAN), [&](Stream stream, float* out) {
            kernels->linear(stream, compute, {x.data(), cols}, rows, &w.matrix, rows % 2 == 1 ? &bias_data : nullptr,
                            &out, 1, nullptr, 0, nullptr);
          });
          CHECK(difference(y, reference(x, w, bias_data, rows)) < tolerance(compute, cols) * scale_of(w));
        }
}

TEST_CASE("linear multiplies a group of weights of several dtypes", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const int rows : {1, 40}) {
      INFO(kernels->name << " rows " << rows);
      const TestWeight a(*kernels, Dtype::f32, 40, 64, 5), b(*kernels, Dtype::bf16, 300, 64, 6);
      const TestWeight c(*kernels, Dtype::q4_0, 33, 64, 7);
      const PackedMatrix weights[] = {a.matrix, b.matrix, c.matrix};
      const std::vector<float> x = noise(rows * 64, 8), bias = noise(300, 9);
      const float* biases[] = {nullptr, bias.data(), nullptr};
      const size_t outputs = static_cast<size_t>(rows) * 373;
      const auto y = run_on_workers(std::vector<float>(outputs, NAN), [&](Stream stream, float* out) {
        float* parts[] = {out, out + rows * 40, out + rows * 340};
        kernels->linear(stream, Compute::bf16, {x.data(), 64}, rows, weights, biases, parts, 3, nullptr, 0, nullptr);
      });
      std::vector<double> expected = reference(x, a, nullptr, rows);
      for (const auto& part : {reference(x, b, bias.data(), rows), reference(x, c, nullptr, rows)})
        expected.insert(expected.end(), part.begin(), part.end());
      CHECK(difference(y, expected) < tolerance(Compute::bf16, 64));
    }
}

TEST_CASE("linear of one row has the bits that it has among many", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : {Dtype::f32, Dtype::bf16, Dtype::q8_0}) {
      INFO(kernels->name << " dtype " << static_cast<int>(dtype));
      const TestWeight w(*kernels, dtype, 70, 1056, 10);
      const std::vector<float> x = noise(30 * 1056, 11);
      std::vector<float> y(30 * 70), row(70);
      TestStream stream;
      float* out = y.data();
      kernels->linear(stream, Compute::bf16, {x.data(), 1056}, 30, &w.matrix, nullptr, &out, 1, nullptr, 0, nullptr);
      out = row.data();
      kernels->linear(stream, Compute::bf16, {x.data() + 17 * 1056, 1056}, 1, &w.matrix, nullptr, &out, 1, nullptr, 0,
                      nullptr);
      CHECK(difference(row, std::span(y).subspan(17 * 70, 70)) == 0);
    }
}

TEST_CASE("integer products pass on what is not finite", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
      INFO(kernels->name << " value " << bad);
      const TestWeight w(*kernels, Dtype::q8_0, 3, 64, 20);
      std::vector<float> x(2 * 64, 0.0f), y(2 * 3, 7.0f);
      x[70] = bad;
      TestStream stream;
      float* out = y.data();
      kernels->linear(stream, Compute::int8, {x.data(), 64}, 2, &w.matrix, nullptr, &out, 1, nullptr, 0, nullptr);
      for (int i = 0; i < 3; ++i) {
        CHECK(y[i] == 0);
        CHECK(!std::isfinite(y[3 + i]));
      }
    }
}

TEST_CASE("linear_backward adds the products with the transposes", "[kernels]") {
  const int shapes[][3] = {{1, 1, 1}, {1, 70, 300}, {5, 33, 31}, {13, 600, 40}, {30, 97, 290}, {490, 40, 300}};
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : kTested)
      for (const Compute compute : kComputes)
        for (const auto& shape : shapes) {
          const int rows = shape[0], outputs = shape[1], depth = shape[2];
          const int cols = cols_of(dtype, depth);
          INFO(kernels->name << " dtype " << static_cast<int>(dtype) << " compute " << static_cast<int>(compute)
                             << " shape " << rows << " " << outputs << " " << cols);
          const TestWeight w(*kernels, dtype, outputs, cols, 12), v(*kernels, Dtype::bf16, 5, cols, 13);
          const std::vector<float> dy = noise(rows * outputs, 14), dz = noise(rows * 5, 15),
                                   start = noise(rows * cols, 16);
          const PackedMatrix weights[] = {w.matrix, v.matrix};
          const Operand gradients[] = {{dy.data(), outputs}, {dz.data(), 5}};
          const auto dx = run_on_workers(start, [&](Stream stream, float* out) {
            kernels->linear_backward(stream, compute, gradients, rows, weights, nullptr, 2, out);
          });
          std::vector<double> expected(start.begin(), start.end());
          for (int i = 0; i < rows; ++i)
            for (int k = 0; k < cols; ++k) {
              double& sum = expected[i * cols + k];
              for (int j = 0; j < outputs; ++j)
                sum += static_cast<double>(dy[i * outputs + j]) * w.values[j * cols + k];
              for (int j = 0; j < 5; ++j) sum += static_cast<double>(dz[i * 5 + j]) * v.values[j * cols + k];
            }
          CHECK(difference(dx, expected) < tolerance(compute, outputs + 5) * std::max(1.0, scale_of(w)));
        }
}

// Two edits of one weight and one of another, of which the last has its `hidden`; row 0 has none.
TEST_CASE("linear adds low-rank edits", "[kernels]") {
  const int inputs = 90, outputs[] = {70, 600};
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : {Dtype::f32, Dtype::bf16})
      for (const int rows : {7, 61})
        for (const int rank : {1, 16, 40}) {
          INFO(kernels->name << " dtype " << static_cast<int>(dtype) << " rows " << rows << " rank " << rank);
          const Compute compute = dtype == Dtype::f32 ? Compute::f32 : Compute::bf16;
          const TestWeight w(*kernels, dtype, outputs[0], inputs, 12), v(*kernels, dtype, outputs[1], inputs, 13);
          const TestWeight down(*kernels, dtype, rank, inputs, 14), other(*kernels, dtype, rank, inputs, 15);
          const TestWeight up(*kernels, dtype, outputs[0], rank, 16), wide(*kernels, dtype, outputs[1], rank, 17);
          const std::vector<float> x = noise(rows * inputs, 18), given = noise((rows - 3) * rank, 19);
          const PackedMatrix weights[] = {w.matrix, v.matrix};
          const int first = rows * (outputs[0] + outputs[1]);
          const auto found =
              run_on_workers(std::vector<float>(first + (rows - 1) * rank), [&](Stream stream, float* out) {
                float* y[] = {out, out + rows * outputs[0]};
                std::vector<float> hidden = given;
                const LowRankEdit edits[] = {{0, 1, 2, down.matrix, up.matrix, 0.5f, out + first},
                                             {0, 3, rows - 3, other.matrix, up.matrix, 2, out + first + 2 * rank},
                                             {1, 3, rows - 3, {}, wide.matrix, 0.25f, hidden.data()}};
                kernels->linear(stream, compute, {x.data(), inputs}, rows, weights, nullptr, y, 2, edits, 3, nullptr);
              });
          std::vector<double> expected = reference(x, w, nullptr, rows), more = reference(x, v, nullptr, rows);
          const std::vector<double> a = reference(x, down, nullptr, rows), b = reference(x, other, nullptr, rows);
          for (int i = 1; i < rows; ++i)
            for (int r = 0; r < rank; ++r) {
              const double hidden = i < 3 ? 0.5 * a[i * rank + r] : 2 * b[i * rank + r];
              for (int j = 0; j < outputs[0]; ++j) expected[i * outputs[0] + j] += hidden * up.values[j * rank + r];
              for (int j = 0; j < outputs[1] && i >= 3; ++j)
                more[i * outputs[1] + j] += 0.25 * given[(i - 3) * rank + r] * wide.values[j * rank + r];
            }
          expected.insert(expected.end(), more.begin(), more.end());
          expected.insert(expected.end(), a.begin() + rank, a.begin() + 3 * rank);
          expected.insert(expected.end(), b.begin() + 3 * rank, b.end());
          CHECK(difference(found, expected) < 4 * tolerance(compute, inputs + rank) * std::sqrt(rank));
        }
}

TEST_CASE("linear reads rounded rows as they lie", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const int cols : {64, 33})
      for (const int rows : {1, 40}) {
        INFO(kernels->name << " cols " << cols << " rows " << rows);
        const TestWeight w(*kernels, Dtype::bf16, 70, cols, 5);
        const Rounded x(*kernels, noise(rows * cols, 6));
        std::vector<float> found(rows * 70), expected(rows * 70);
        TestStream stream;
        float *y = found.data(), *other = expected.data();
        kernels->linear(stream, Compute::bf16, x.as_halves(cols), rows, &w.matrix, nullptr, &y, 1, nullptr, 0, nullptr);
        kernels->linear(stream, Compute::bf16, x.as_floats(cols), rows, &w.matrix, nullptr, &other, 1, nullptr, 0,
                        nullptr);
        CHECK(found == expected);
      }
}

TEST_CASE("linear_backward serves low-rank edits", "[kernels]") {
  const int outputs = 70, inputs = 190;
  for (const Kernels* kernels : kernel_list())
    for (const Compute compute : {Compute::f32, Compute::bf16})
      for (const int rows : {1, 31, 205})
        for (const int rank : {1, 16, 40}) {
          INFO(kernels->name << " compute " << static_cast<int>(compute) << " rows " << rows << " rank " << rank);
          const Dtype dtype = compute == Compute::f32 ? Dtype::f32 : Dtype::bf16;
          const TestWeight w(*kernels, dtype, outputs, inputs, 12), plain(*kernels, dtype, 5, inputs, 13);
          const TestWeight down(*kernels, dtype, rank, inputs, 14), up(*kernels, dtype, outputs, rank, 15);
          const std::vector<float> dy = noise(rows * outputs, 16), dz = noise(rows * 5, 17);
          const std::vector<float> hidden = noise(rows * rank, 18), x = noise(rows * inputs, 19);
          std::vector<uint16_t> halves(x.size());
          kernels->convert(TestStream(), x.data(), Dtype::bf16, halves.data(), rows * inputs);
          // dx, dhidden, dup, ddown
          const int parts[] = {rows * inputs, rows * rank, outputs * rank, rank * inputs};
          const std::vector<float> start = noise(parts[0] + parts[1] + parts[2] + parts[3], 20);
          const PackedMatrix weights[] = {w.matrix, plain.matrix};
          const Operand gradients[] = {{dy.data(), outputs}, {dz.data(), 5}};
          const auto run = [&](const Operand& input) {
            return run_on_workers(start, [&](Stream stream, float* out) {
              float *dhidden = out + parts[0], *dup = dhidden + parts[1], *ddown = dup + parts[2];
              const LowRankGradient edits[] = {
                  {down.matrix, up.matrix, 0.5f, hidden.data(), dhidden, input, dup, ddown}, {}};
              kernels->linear_backward(stream, compute, gradients, rows, weights, edits, 2, out);
            });
          };
          std::vector<double> expected(start.begin(), start.end());
          double *dhidden = &expected[parts[0]], *dup = dhidden + parts[1], *ddown = dup + parts[2];
          for (int i = 0; i < rows; ++i) {
            for (int r = 0; r < rank; ++r) {
              dhidden[i * rank + r] = 0;
              for (int j = 0; j < outputs; ++j) {
                dhidden[i * rank + r] += 0.5 * dy[i * outputs + j] * up.values[j * rank + r];
                dup[j * rank + r] += 0.5 * static_cast<double>(dy[i * outputs + j]) * hidden[i * rank + r];
              }
              for (int k = 0; k < inputs; ++k) ddown[r * inputs + k] += dhidden[i * rank + r] * x[i * inputs + k];
            }
            for (int k = 0; k < inputs; ++k) {
              double& sum = expected[i * inputs + k];
              for (int j = 0; j < outputs; ++j)
                sum += static_cast<double>(dy[i * outputs + j]) * w.values[j * inputs + k];
              for (int j = 0; j < 5; ++j) sum += static_cast<double>(dz[i * 5 + j]) * plain.values[j * inputs + k];
              for (int r = 0; r < rank; ++r) sum += dhidden[i * rank + r] * down.values[r * inputs + k];
            }
          }
          const double most = 20 * tolerance(compute, outputs + rank + rows);
          CHECK(difference(run({x.data(), inputs}), expected) < most);
          if (compute == Compute::bf16)
            CHECK(difference(run({nullptr, inputs, false, halves.data()}), expected) < most);
        }
}

// Its panels, and not those of the few outputs, are what fills a worker's memory.
TEST_CASE("linear_backward serves an edit of a higher rank than there are outputs", "[kernels]") {
  const int rows = 2, outputs = 5, inputs = 8192, rank = 600;
  for (const Kernels* kernels : kernel_list())
    for (const Compute compute : {Compute::f32, Compute::bf16}) {
      INFO(kernels->name << " compute " << static_cast<int>(compute));
      const Dtype dtype = compute == Compute::f32 ? Dtype::f32 : Dtype::bf16;
      const TestWeight w(*kernels, dtype, outputs, inputs, 12), down(*kernels, dtype, rank, inputs, 13);
      const TestWeight up(*kernels, dtype, outputs, rank, 14);
      const std::vector<float> dy = noise(rows * outputs, 15), start(rows * inputs);
      std::vector<float> dhidden(rows * rank);
      const Operand gradient = {dy.data(), outputs};
      const auto found = run_on_workers(start, [&](Stream stream, float* out) {
        const LowRankGradient edit = {down.matrix, up.matrix, 1, nullptr, dhidden.data()};
        kernels->linear_backward(stream, compute, &gradient, rows, &w.matrix, &edit, 1, out);
      });
      std::vector<double> expected(start.begin(), start.end());
      for (int i = 0; i < rows; ++i)
        for (int k = 0; k < inputs; ++k) {
          double& sum = expected[i * inputs + k];
          for (int j = 0; j < outputs; ++j) sum += static_cast<double>(dy[i * outputs + j]) * w.values[j * inputs + k];
          for (int r = 0; r < rank; ++r)
            sum += static_cast<double>(dhidden[i * rank + r]) * down.values[r * inputs + k];
        }
      CHECK(difference(found, expected) < 20 * tolerance(compute, outputs + rank));
    }
}

}  // namespace graft
