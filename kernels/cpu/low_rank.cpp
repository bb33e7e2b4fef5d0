// SPDX-License-Identifier: Apache-2.0
#include "cpu/low_rank.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The rows of an edit among [first, end), counted from its first.
struct EditedRange {
  int first, count;
  EditedRange(const LowRankEdit& edit, int64_t begin, int64_t end)
      : first(static_cast<int>(max<int64_t>(begin - edit.first, 0))),
        count(static_cast<int>(min<int64_t>(end - edit.first, edit.rows)) - first) {}
};

// c = alpha · left · wᵀ (+ c) for panels [first, end) of a weight of floats or bf16.
void multiply_factor(const ProductTable& product, const Left& left, const PackedMatrix& w, int64_t first, int64_t end,
                     const Output& out) {
  const auto pieces = [&](int k, int depth) { return forward_pieces(product, w, first, end, k, depth, nullptr); };
  multiply_block(product, left, 0, left.tiles(), first, end, 2 * depth_of(product.form), pieces, out);
}

}  // namespace

void LowRankEdits::make_hidden(int i, const Left& x, int64_t first, int64_t end) const {
  const LowRankEdit edit = (*this)[i];
  const EditedRange rows(edit, first, end);
  if (rows.count <= 0) return;
  float* out = edit.hidden + int64_t{rows.first} * rank(i);
  if (edit.down.data)
    multiply_factor(forward_product(edit.down.dtype, compute_), x.part(edit.first + rows.first, rows.count), edit.down,
                    0, ceil_div(rank(i), kPanel), {out, rank(i), rank(i), nullptr, 1, false});
  const Left left = hidden(i).part(rows.first, rows.count);
  pack_tiles(left, {out, rank(i)}, 0, left.tiles());
}

void LowRankEdits::add(int i, int64_t first, int64_t end, int64_t panel, int64_t end_panel, float* y) const {
  const LowRankEdit edit = (*this)[i];
  const EditedRange rows(edit, first, end);
  if (rows.count <= 0) return;
  const int outputs = edit.up.rows;
  multiply_factor(up_product(i), hidden(i).part(rows.first, rows.count), edit.up, panel, end_panel,
                  {y + (edit.first + rows.first) * int64_t{outputs}, outputs, outputs, nullptr, edit.scale, true});
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
