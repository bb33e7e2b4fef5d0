// SPDX-License-Identifier: Apache-2.0
//
// Weights for tests of products, and what these should give.
#pragma once

#include "blocks.hpp"
#include "support/kernel_list.hpp"

namespace graft {

// Any bits, but small scales, for types without an encoder.
inline void fill_blocks(Dtype dtype, std::vector<char>& raw, unsigned seed) {
  std::mt19937 random(seed);
  for (char& byte : raw) byte = static_cast<char>(random());
  const size_t size = static_cast<size_t>(block_size(dtype).bytes);
  for (size_t at = 0; at < raw.size(); at += size) {
    if (dtype == Dtype::q6_k) raw[at + size - 1] = 0x0c;
    if (dtype == Dtype::q4_k || dtype == Dtype::q5_k) raw[at + 3] = 0x0c;
    if (dtype != Dtype::q6_k) raw[at + 1] = 0x0c;
  }
}

// A weight in its packed form, and the floats that it stands for.
struct TestWeight {
  std::vector<char> packed;
  std::vector<float> values;
  PackedMatrix matrix;

  TestWeight(const Kernels& kernels, Dtype dtype, int rows, int cols, unsigned seed)
      : values(noise(rows * cols, seed)) {
    TestStream stream;
    std::vector<char> raw(row_bytes(dtype, static_cast<int64_t>(rows) * cols));
    if (block_size(dtype).elements > 32 || dtype == Dtype::iq4_nl)
      fill_blocks(dtype, raw, seed);
    else
      kernels.encode(stream, dtype, values.data(), raw.data(), rows * cols);
    kernels.decode(stream, dtype, raw.data(), values.data(), rows * cols);
    packed.resize(kernels.packed_bytes(dtype, rows, cols));
    const int first = std::min(rows, 32);
    kernels.pack(stream, dtype, raw.data(), 0, first, packed.data(), rows, cols);
    kernels.pack(stream, dtype, raw.data() + row_bytes(dtype, static_cast<int64_t>(first) * cols), first, rows - first,
                 packed.data(), rows, cols);
    matrix = {packed.data(), dtype, rows, cols};
  }
};

inline constexpr Compute kComputes[] = {Compute::f32, Compute::bf16, Compute::int8};

// The error that a product may have: of its rounded operands where it is coarse, of the sums otherwise.
inline double tolerance(Compute compute, int depth) {
  return (compute == Compute::f32 ? 2e-6 : 0.02) * std::sqrt(static_cast<double>(depth)) * 4;
}

inline std::vector<double> reference(const std::vector<float>& x, const TestWeight& w, const float* bias, int rows) {
  std::vector<double> y(static_cast<size_t>(rows) * w.matrix.rows);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < w.matrix.rows; ++j) {
      double sum = bias ? bias[j] : 0;
      for (int k = 0; k < w.matrix.cols; ++k)
        sum += static_cast<double>(x[i * w.matrix.cols + k]) * w.values[j * w.matrix.cols + k];
      y[i * w.matrix.rows + j] = sum;
    }
  return y;
}

}  // namespace graft
