// SPDX-License-Identifier: Apache-2.0
//
// Sparsely gated experts (Shazeer et al. 2017; Mixtral, Jiang et al. 2024): a router sends each row to a few experts.
// The rows are gathered by expert, computed by a `linear` of parts, and `combine` adds up what the experts give.
#pragma once

#include <span>
#include <vector>

#include "tensor/run.hpp"

namespace graft::inline v0 {

struct Routing {
  std::vector<int32_t> rows = {};     // the input's, by expert and ascending; each is there `used` times
  std::vector<RowSpan> experts = {};  // which of them each expert has
  std::vector<int32_t> places = {};   // of each weight: where its row and expert are among `rows`
  Tensor weights = {};                // rows × used: of the chosen experts, the most probable first
  Tensor probabilities = {};          // rows × experts
};

// Softmax over all experts, of which each row takes the `used` most probable (of equal ones that with the lower index).
// `normalized`: its weights are divided by their sum.
Routing route(Run& run, const Tensor& logits, int used, bool normalized);

// y[row] = Σ weight · output over the experts of the row, for outputs of routing.rows.
Tensor combine(Run& run, const Routing& routing, const Tensor& outputs);

// The loss that keeps experts in use alike (Fedus et al. 2021), over the rows of all layers together: experts · Σ over
// experts of the share of rows that take it times its mean probability. The share has no gradient.
Tensor balance_loss(Run& run, std::span<const Routing> layers);

}  // namespace graft::inline v0
