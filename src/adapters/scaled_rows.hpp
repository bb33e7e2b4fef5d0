// SPDX-License-Identifier: Apache-2.0
//
// A factor that is a vector times a matrix, row by row: the form that AdaLoRA and VeRA train and passes do not know.
#pragma once

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

// product[row] = gains[row] · matrix[row], for the rows of the product; a matrix may be larger.
inline void scale_rows(const Tensor& gains, const Tensor& matrix, const Tensor& product) {
  for (int row = 0; row < product.rows(); ++row) {
    const float gain = gains.values()[size_t(row)];
    const std::span<float> from = matrix.row(row), to = product.row(row);
    for (size_t col = 0; col < to.size(); ++col) to[col] = gain * from[col];
  }
}

// Adds to the gradient of the gains what the product's slopes give.
inline void add_gain_slopes(const Tensor& slopes, const Tensor& matrix, float* dgains) {
  for (int row = 0; row < slopes.rows(); ++row) {
    const std::span<float> slope = slopes.row(row), value = matrix.row(row);
    double sum = 0;
    for (size_t col = 0; col < slope.size(); ++col) sum += double(slope[col]) * value[col];
    dgains[row] += float(sum);
  }
}

}  // namespace graft::inline v0
