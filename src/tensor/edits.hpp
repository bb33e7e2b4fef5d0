// SPDX-License-Identifier: Apache-2.0
//
// What an adapter does to a pass, as plain data: an adapter is lowered to this, modules apply it and know no method.
#pragma once

#include <memory>
#include <span>
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

  // What stands before each sequence, a row for each of its virtual tokens: their embeddings, or their keys and values,
  // which are the columns layer · 2 · width on, and those after them.
  Tensor prompt = {};
  Tensor prefix = {};

  int virtual_tokens() const { return prompt ? prompt.rows() : prefix ? prefix.rows() : 0; }
};
inline int virtual_tokens(const Edits* edits) { return edits ? edits->virtual_tokens() : 0; }

// Rows [first, first + rows) of a batch take these edits.
struct EditedRows {
  int first = 0, rows = 0;
  const Edits* edits = nullptr;
};

// Those of a row; null: none.
inline const Edits* edits_of(std::span<const EditedRows> ranges, int row) {
  for (const EditedRows& range : ranges)
    if (row >= range.first && row < range.first + range.rows) return range.edits;
  return nullptr;
}

}  // namespace graft::inline v0
