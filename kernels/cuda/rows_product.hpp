// SPDX-License-Identifier: Apache-2.0
//
// Products of few rows with packed weights, many of them in one launch.
#pragma once

#include "cuda/runtime.hpp"

namespace graft::inline v0::cuda {

// More rows than these go to cuBLAS.
constexpr int kFewRows = 32;

// y[row, :] = scale · x[row, :] · wᵀ (+ bias), or added to y. Rows of y follow each other without gaps.
struct RowsProduct {
  Operand x;  // its halves are read where they are given
  int rows = 0;
  PackedMatrix w;
  const float* bias = nullptr;
  float* y = nullptr;
  float scale = 1;
  bool add = false;
};

// `rounds`: x is rounded to bf16.
void multiply_rows(const Stream&, bool rounds, const RowsProduct* products, int count);

}  // namespace graft::inline v0::cuda
