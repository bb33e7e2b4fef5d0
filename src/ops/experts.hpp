// SPDX-License-Identifier: Apache-2.0
//
// Sparsely gated experts (Shazeer et al. 2017; Mixtral, Jiang et al. 2024): a router sends each row to a few experts,
// which compute `gather_rows` of their rows, and `combine` adds up what they give.
#pragma once

#include <span>
#include <vector>

#include "tensor/run.hpp"

namespace graft::inline v0 {

struct Routing {
  std::vector<std::vector<int32_t>> rows;   // of each expert, ascending
  std::vector<std::vector<int32_t>> slots;  // their places in `weights`: row * used + slot
  Tensor weights;                           // rows × used: of the chosen experts, the most probable first
  Tensor probabilities;                     // rows × experts
  int used = 0;
};

// Softmax over all experts, of which each row takes the `used` most probable (of equal ones that with the lower index).
// `normalized`: its weights are divided by their sum.
Routing route(Run& run, const Tensor& logits, int used, bool normalized);

// y[row] = Σ weight · output over the experts of the row. outputs: one an expert, with the rows of routing.rows; that
// of an expert without rows is not looked at.
Tensor combine(Run& run, const Routing& routing, std::span<const Tensor> outputs, int rows);

// The loss that keeps experts in use alike (Fedus et al. 2021), over the rows of all layers together: experts · Σ over
// experts of the share of rows that take it times its mean probability. The share has no gradient.
Tensor balance_loss(Run& run, std::span<const Routing> layers);

}  // namespace graft::inline v0
