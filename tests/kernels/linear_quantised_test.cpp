// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "blocks.hpp"
#include "support/kernel_list.hpp"

namespace graft {
namespace {

constexpr Dtype kQuantised[] = {Dtype::q4_0, Dtype::q4_1, Dtype::q5_0, Dtype::q5_1, Dtype::q8_0,   Dtype::q2_k,
                                Dtype::q3_k, Dtype::q4_k, Dtype::q5_k, Dtype::q6_k, Dtype::iq4_nl, Dtype::iq4_xs};

// Where the f16 scales of a block are.
std::vector<size_t> scales_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::q4_1:
    case Dtype::q5_1:
    case Dtype::q4_k:
    case Dtype::q5_k:
      return {0, 2};
    case Dtype::q2_k:
      return {80, 82};
    case Dtype::q3_k:
      return {108};
    case Dtype::q6_k:
      return {208};
    default:
      return {0};
  }
}

// A weight of any bits, whose scales are between 1/1024 and 1/512 or the negatives of that.
struct RandomWeight {
  std::vector<char> raw, packed;
  std::vector<float> values;
  PackedMatrix matrix;

  RandomWeight(const Kernels& kernels, Dtype dtype, int rows, int cols)
      : raw(row_bytes(dtype, int64_t{rows} * cols)), values(size_t(rows) * size_t(cols)) {
    std::mt19937 random(7);
    for (char& byte : raw) byte = static_cast<char>(random());
    for (size_t at = 0; at < raw.size(); at += size_t(block_size(dtype).bytes))
      for (const size_t scale : scales_of(dtype))
        raw[at + scale + 1] = static_cast<char>(0x14 | (raw[at + scale + 1] & 0x83));
    TestStream stream;
    kernels.decode(stream, dtype, raw.data(), values.data(), int64_t(values.size()));
    packed.resize(kernels.packed_bytes(dtype, rows, cols));
    kernels.pack(stream, dtype, raw.data(), 0, rows, packed.data(), rows, cols);
    matrix = {packed.data(), dtype, rows, cols};
  }
};

// The row as integer products see it.
std::vector<double> rounded(std::span<const float> x) {
  std::vector<double> result;
  for (size_t block = 0; block < x.size(); block += 32) {
    double peak = 0;
    for (size_t i = 0; i < 32; ++i) peak = std::max(peak, std::abs(double(x[block + i])));
    for (size_t i = 0; i < 32; ++i)
      result.push_back(peak == 0 ? 0 : std::nearbyint(x[block + i] * (127 / peak)) * peak / 127);
  }
  return result;
}

std::vector<float> multiply(const Kernels& kernels, const PackedMatrix& w, const std::vector<float>& x,
                            const float* bias) {
  const int rows = int(x.size()) / w.cols;
  return run_on_workers(std::vector<float>(size_t(rows) * size_t(w.rows), NAN), [&](Stream stream, float* out) {
    kernels.linear(stream, Compute::int8, {x.data(), w.cols}, rows, &w, bias ? &bias : nullptr, &out, 1, nullptr, 0,
                   nullptr);
  });
}

}  // namespace

TEST_CASE("Packed blocks are as large as the rows and give the same floats", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : kQuantised) {
      INFO(kernels->name << " dtype " << int(dtype));
      const RandomWeight w(*kernels, dtype, 70, 512);
      CHECK(kernels->packs(dtype));
      CHECK(w.packed.size() == row_bytes(dtype, 96 * 512));
      std::vector<float> floats(w.values.size());
      TestStream stream(2);
      kernels->unpack(stream, w.matrix, 0, 70, floats.data());
      CHECK(std::memcmp(floats.data(), w.values.data(), floats.size() * sizeof(float)) == 0);
    }
}

TEST_CASE("Integer products are exact but for the rounding of the rows", "[kernels]") {
  const int shapes[][3] = {{1, 40, 1280}, {2, 33, 256}, {3, 64, 512}, {7, 31, 256}, {30, 97, 1280}, {70, 45, 2304}};
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : kQuantised)
      for (const auto& [rows, outputs, cols] : shapes) {
        INFO(kernels->name << " dtype " << int(dtype) << " shape " << rows << " " << outputs << " " << cols);
        const RandomWeight w(*kernels, dtype, outputs, cols);
        const std::vector<float> x = noise(size_t(rows * cols), 3), bias = noise(size_t(outputs), 4);
        const std::vector<float> y = multiply(*kernels, w.matrix, x, bias.data());
        std::vector<double> sizes(y.size());
        const auto product = [&](const std::vector<double>& seen) {
          std::vector<double> sums(y.size());
          for (int i = 0; i < rows; ++i)
            for (int j = 0; j < outputs; ++j) {
              double sum = bias[size_t(j)], size = std::abs(sum);
              for (int k = 0; k < cols; ++k) {
                const double term = seen[size_t(i * cols + k)] * w.values[size_t(j * cols + k)];
                sum += term;
                size += std::abs(term);
              }
              sums[size_t(i * outputs + j)] = sum;
              sizes[size_t(i * outputs + j)] = size;
            }
          return sums;
        };
        const auto worst = [&](const auto& found, const std::vector<double>& expected) {
          double most = 0;
          for (size_t i = 0; i < expected.size(); ++i)
            most = std::max(most, std::abs(double(found[i]) - expected[i]) / sizes[i]);
          return most;
        };
        const std::vector<double> of_bytes = product(rounded(x));
        const std::vector<double> exact = product(std::vector<double>(x.begin(), x.end()));
        // An element halfway between two bytes may go either way. A finer product is nearer to the exact one.
        if (worst(y, of_bytes) >= 2e-4) CHECK(worst(y, exact) < worst(of_bytes, exact));
      }
}

TEST_CASE("An integer product of a row has the same bits among any number of rows", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Dtype dtype : kQuantised) {
      const RandomWeight w(*kernels, dtype, 70, 1536);
      const int most = std::min(490, most_rows_alike(*kernels));
      const std::vector<float> x = noise(size_t(most) * 1536, 5);
      const std::vector<float> all = multiply(*kernels, w.matrix, x, nullptr);
      for (const int rows : {1, 2, 5, 8, 17, 100}) {
        if (rows > most) continue;
        INFO(kernels->name << " dtype " << int(dtype) << " rows " << rows);
        const std::vector<float> y =
            multiply(*kernels, w.matrix, std::vector<float>(x.begin(), x.begin() + rows * 1536), nullptr);
        CHECK(std::memcmp(y.data(), all.data(), y.size() * sizeof(float)) == 0);
      }
    }
}

}  // namespace graft
