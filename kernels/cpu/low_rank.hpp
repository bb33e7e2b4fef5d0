// SPDX-License-Identifier: Apache-2.0
//
// The low-rank edits of a call of `linear` (Hu et al. 2021), in pieces that its tasks do where their operands are in
// the caches: hidden = x · downᵀ where rows of x were prepared, y += scale · hidden · upᵀ where these were multiplied.
#pragma once

#include "cpu/products.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

class LowRankEdits {
 public:
  // Of weights [first_weight, …) and rows [first_row, …) of the edits' call.
  LowRankEdits(Compute compute, const LowRankEdit* edits, int count, int first_weight, int first_row)
      : compute_(compute), edits_(edits), count_(count), first_weight_(first_weight), first_row_(first_row) {
    for (int i = 0; i < count; ++i) most_words_ = max(most_words_, left(i).memory_words());
  }
  int count() const { return count_; }
  LowRankEdit operator[](int i) const {
    LowRankEdit edit = edits_[i];
    edit.weight -= first_weight_;
    edit.first -= first_row_;
    return edit;
  }
  // Of the input that edit i multiplies by `down`.
  Form input_form(int i) const { return forward_product(edits_[i].down.dtype, compute_).form; }

  // Memory for `hidden` of all edits as left operands.
  int64_t words() const { return most_words_ * count_; }
  void use(uint32_t* memory) { words_ = memory; }

  // Those of the call's rows [first, end) that edit i has; `x` are all rows of the call.
  void make_hidden(int i, const Left& x, int64_t first, int64_t end) const;
  // Adds to these rows of its weight's outputs, those of panels [panel, end_panel).
  void add(int i, int64_t first, int64_t end, int64_t panel, int64_t end_panel, float* y) const;

 private:
  const ProductTable& up_product(int i) const { return forward_product(edits_[i].up.dtype, compute_); }
  int rank(int i) const { return edits_[i].up.cols; }
  Operand floats(int i) const { return {edits_[i].hidden, rank(i)}; }
  Left left(int i) const { return Left(up_product(i).form, edits_[i].rows, rank(i), floats(i)); }
  Left hidden(int i) const {
    Left rows = left(i);
    rows.use(words_ + i * most_words_);
    return rows;
  }

  Compute compute_;
  const LowRankEdit* edits_;
  int count_, first_weight_, first_row_;
  int64_t most_words_ = 0;
  uint32_t* words_ = nullptr;
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
