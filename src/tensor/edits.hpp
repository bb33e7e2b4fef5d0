// SPDX-License-Identifier: Apache-2.0
//
// What an adapter does to a pass, as plain data: an adapter is lowered to this, modules apply it and know no method.
#pragma once

#include <unordered_map>
#include <vector>

#include "tensor/tensor.hpp"

namespace graft::inline v0 {

class PackedFactors;
class Weight;

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
  LowRank low_rank = {};      // none while `down` is empty
  Tensor input_gain = {};     // 1 × inputs: x ⊙ gain is what the matrix and its low-rank update read; empty: x
  Tensor output_gain = {};    // 1 × outputs: of their sum; empty: none
  bool gain_of_bias = false;  // whether the output gain stands behind the bias, or before it
};

// The low-rank update of a table: row i of it stands for itself + scale · rows[i] · upᵀ.
struct TableEdit {
  Tensor rows;  // entries × rank
  Tensor up;    // columns × rank
  float scale = 1;
};

struct Edits {
  std::vector<SiteEdit> sites = {};                                      // by the site's index
  std::unordered_map<int, TableEdit> tables = {};                        // by the number of the table among the weights
  std::unordered_map<int, std::shared_ptr<const Weight>> replaced = {};  // weights in the place of those with a number
};

// Rows [first, first + rows) of a batch take these edits.
struct EditedRows {
  int first = 0, rows = 0;
  const Edits* edits = nullptr;
};

}  // namespace graft::inline v0
