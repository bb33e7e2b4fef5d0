// SPDX-License-Identifier: Apache-2.0
//
// The gradients of both factors of a low-rank edit: dup += scale · dyᵀ · hidden and ddown += dhiddenᵀ · x. Their sums
// go over the rows, so `hidden` and dhidden are packed by pairs of rows once, and every task packs the part of dy or x
// that it alone reads. The floor is that reading: both are long and wide, and used for `rank` products an element.
#pragma once

#include "cpu/products.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

class FactorGradients {
 public:
  // `dy` are the rows of the gradient as the product with the weight reads them; `memory` has `words`.
  FactorGradients(const ProductTable& product, const LowRankGradient& edit, const Left& dy, uint32_t* memory)
      : product_(product),
        edit_(edit),
        dy_(dy),
        hidden_(memory),
        dhidden_(product.form, edit.up.cols, dy.rows, memory + panels_words(product.form, dy.rows, edit.up.cols),
                 true) {}

  static int64_t words(Form form, int rows, int rank) {
    return panels_words(form, rows, rank) + round_up(rank * Left::row_words(form, rows), 16);
  }
  // Memory that a task needs.
  static int64_t task_bytes(Form form, int rows) {
    return max(kPanelsBytes, kOutputs * Left::row_words(form, rows) * int64_t{sizeof(uint32_t)});
  }

  // Packs rows [first, end) of hidden and dhidden; `first` is even.
  void pack(int first, int end) const;

  int64_t tasks() const { return up_tasks() + down_tasks(); }
  void add(int64_t task, char* memory) const;

 private:
  static constexpr int kOutputs = 4 * kTileRows;  // rows of dup a task
  static constexpr int kInputPanels = 4;          // panels of ddown a task

  static int64_t panels_words(Form form, int rows, int rank) {
    return ceil_div(rank, kPanel) * words_of(form, rows) * kPanel;
  }
  int rank() const { return edit_.up.cols; }
  int rows() const { return dy_.rows; }
  int64_t up_tasks() const { return edit_.dup ? ceil_div(dy_.depth, kOutputs) : 0; }
  int64_t down_tasks() const { return edit_.ddown ? ceil_div(inputs(), kInputPanels * kPanel) : 0; }
  int inputs() const { return static_cast<int>(edit_.x.stride); }
  void add_up(int first, int count, char* memory) const;
  void add_down(int64_t panel, int64_t end, char* memory) const;

  const ProductTable& product_;
  const LowRankGradient& edit_;
  Left dy_;
  uint32_t* hidden_;  // panels, the right operand
  Left dhidden_;
};

}  // namespace graft::inline v0::cpu::GRAFT_ISA
