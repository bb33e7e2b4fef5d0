// SPDX-License-Identifier: Apache-2.0
//
// Weight-decomposed low-rank adaptation (Liu et al. 2024): a row of the changed matrix keeps its direction and gets a
// magnitude of its own, so an output has the gain magnitude / ‖row‖. The norm counts as a constant (section 4.3 there).
#pragma once

#include "tensor/edits.hpp"
#include "tensor/gradients.hpp"
#include "tensor/weight.hpp"

namespace graft::inline v0 {

class Dora {
 public:
  // Of a matrix with this many rows; `set_matrix` follows.
  Dora(Memory& memory, int outputs);

  // Keeps the norms of the matrix alone, which the magnitudes begin as.
  void set_matrix(const Lane& lane, const Weight& weight);
  // The gains of weight + scale · up · down, from products of the factors: the sum itself is never made.
  void lower(const Lane& lane, const Weight& weight, const LowRank& pair) const;
  void pull(Gradients& gradients) const;
  Dora copy(Memory& memory) const;

  const Tensor& magnitude() const { return magnitude_; }  // 1 × outputs: trained
  const Tensor& gain() const { return gain_; }            // 1 × outputs: what passes read

 private:
  Dora() = default;
  Tensor magnitude_, gain_;
  Tensor squares_;  // of the norms of the matrix
  Tensor norms_;    // of the sum
};

}  // namespace graft::inline v0
