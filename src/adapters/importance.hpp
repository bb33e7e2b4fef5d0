// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/gradients.hpp"

namespace graft::inline v0 {

// How much each value of a tensor matters to the loss (Zhang et al. 2023, section 3.2): moving averages of its
// sensitivity |value · gradient|, and of how far that strays from its average.
class Importance {
 public:
  explicit Importance(Memory& memory, const Tensor& of)
      : sensitivity_(Tensor::zeros(memory, of.rows(), of.cols())),
        strays_(Tensor::zeros(memory, of.rows(), of.cols())) {}

  void clear() const;
  void add(const Tensor& values, const Tensor& gradient, float gradient_scale, float beta1, float beta2) const;
  // The product of both averages.
  float score(int row, int col) const { return sensitivity_.row(row)[size_t(col)] * strays_.row(row)[size_t(col)]; }
  Importance copy(Memory& memory) const;

  const Tensor& sensitivity() const { return sensitivity_; }
  const Tensor& strays() const { return strays_; }

 private:
  Tensor sensitivity_, strays_;
};

}  // namespace graft::inline v0
