// SPDX-License-Identifier: Apache-2.0
//
// What an adapter does to a pass, as plain data: an adapter is lowered to this, modules apply it and know no method.
#pragma once

#include <vector>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

class PackedFactors;

// y += scale · (dropout(x) · downᵀ) · upᵀ
struct LowRank {
  Tensor down;  // rank × inputs
  Tensor up;    // outputs × rank
  float scale = 1;
  float dropout = 0;
  std::shared_ptr<PackedFactors> packed = nullptr;  // null: the values may change, every pass packs them
};

// The edits of one site; a site is a matrix of the checkpoint.
struct SiteEdit {
  LowRank low_rank;  // none while `down` is empty
};

// One entry a site of the model, by the site's index.
using Edits = std::vector<SiteEdit>;

// Rows [first, first + rows) of a batch take these edits.
struct EditedRows {
  int first = 0, rows = 0;
  const Edits* edits = nullptr;
};

}  // namespace graft::inline v0
