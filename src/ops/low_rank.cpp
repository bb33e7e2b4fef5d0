// SPDX-License-Identifier: Apache-2.0
//
// Low-rank updates of projections (Hu et al. 2021): y += scale · (dropout(x) · downᵀ) · upᵀ. The factors `down` of a
// group are weights of one input, like the projections that they update.
#include <algorithm>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

const LowRank& edit_of(const Projection& at, const EditedRows& rows) {
  return rows.edits->sites[size_t(at.site)].low_rank;
}

bool drops(const Run& run, const LowRankPass& pass) { return drops_input(run, *pass.edit); }

// The edited rows of x, which begin at `rows`, after dropout. Made again in the backward pass rather than kept.
Tensor dropped(const Run& run, const float* rows, const LowRankPass& pass) {
  Tensor y = run.tensor(pass.rows.rows, pass.edit->down.cols());
  run.kernels().dropout(run.stream(), {run.seed, run.step, uint64_t(pass.site)}, &run.batch.row_keys[pass.rows.first],
                        pass.edit->dropout, rows, y.data(), y.rows(), y.cols(), false);
  return y;
}

// hidden = dropout(x) · downᵀ
void multiply_dropped(const Run& run, Compute compute, const Tensor& x, const LowRankPass& pass) {
  const Tensor input = dropped(run, x.data() + size_t(pass.rows.first) * x.cols(), pass);
  run.kernels().linear(run.stream(), compute, {input.data(), input.cols()}, input.rows(), &pass.packed.down, nullptr,
                       &pass.hidden, 1, nullptr, 0, nullptr);
}

LowRankPass pass_of(const Run& run, Compute compute, size_t index, const Projection& at, const EditedRows& rows) {
  const LowRank& edit = edit_of(at, rows);
  const int rank = edit.down.rows(), outputs = at.weight->rows(), inputs = at.weight->cols();
  check(edit.down.cols() == inputs && edit.up.rows() == outputs && edit.up.cols() == rank,
        "low-rank edit: ", edit.up.rows(), " x ", edit.up.cols(), " · ", rank, " x ", edit.down.cols(), ", expected ",
        outputs, " x ", inputs);
  LowRankPass pass{index, at.site, rows, &edit, nullptr, {}, nullptr};
  if (!edit.packed) pass.factors = std::make_shared<PackedFactors>(run.memory);
  pass.packed = (edit.packed ? edit.packed : pass.factors)
                    ->form(run.lane, edit.down, edit.up, compute == Compute::f32 ? Dtype::f32 : Dtype::bf16);
  return pass;
}

EditedRows within(EditedRows edited, RowSpan rows) {
  const int first = std::max(edited.first, rows.first);
  const int end = std::min(edited.first + edited.rows, rows.first + rows.rows);
  return {first, end - first, edited.edits};
}

}  // namespace

LowRankPasses low_rank_passes(const Run& run, Compute compute, const Tensor& x, const RoutedRows& part) {
  LowRankPasses passes;
  passes.list.reserve(run.edits.size() * part.projections.size());
  int size = 0;
  for (const EditedRows& edited : run.edits) {
    const EditedRows rows = within(edited, part.rows);
    if (rows.rows <= 0) continue;
    for (size_t i = 0; i < part.projections.size() && rows.edits; ++i) {
      const Projection& at = part.projections[i];
      if (at.site < 0 || !edit_of(at, rows).down) continue;
      passes.list.push_back(pass_of(run, compute, i, at, rows));
      size += rows.rows * passes.list.back().rank();
    }
  }
  if (passes.list.empty()) return passes;
  passes.hidden = run.tensor(1, size);
  float* hidden = passes.hidden.data();
  for (LowRankPass& pass : passes.list) {
    pass.hidden = hidden;
    hidden += size_t(pass.rows.rows) * size_t(pass.rank());
    if (drops(run, pass)) multiply_dropped(run, compute, x, pass);
  }
  return passes;
}

void add_kernel_edits(const Run& run, std::span<const LowRankPass> passes, size_t first,
                      std::vector<LowRankEdit>& edits) {
  edits.reserve(edits.size() + passes.size());
  for (const LowRankPass& pass : passes)
    edits.push_back({.weight = int(first + pass.projection),
                     .first = pass.rows.first,
                     .rows = pass.rows.rows,
                     .down = drops(run, pass) ? PackedMatrix() : pass.packed.down,
                     .up = pass.packed.up,
                     .scale = pass.edit->scale,
                     .hidden = pass.hidden});
}

namespace {

// dx += dhidden · down, through dropout.
void backward_dropped(const Run& run, Compute compute, const LowRankPass& pass, const Tensor& dhidden, float* dx) {
  const Tensor dinput = run.tensor(pass.rows.rows, pass.edit->down.cols());
  const Operand dy = dhidden.operand();
  run.kernels().linear_backward(run.stream(), compute, &dy, pass.rows.rows, &pass.packed.down, nullptr, 1,
                                {dinput.data(), true});
  run.kernels().dropout(run.stream(), {run.seed, run.step, uint64_t(pass.site)}, &run.batch.row_keys[pass.rows.first],
                        pass.edit->dropout, dinput.data(), dx, dinput.rows(), dinput.cols(), true);
}

// What an edit needs in the backward product, and keeps alive for it.
struct EditGradient {
  const LowRankPass* pass = nullptr;
  Tensor dhidden, dropped;
};

LowRankGradient kernel_edit(const Run& run, Tape& tape, const Saved& x, EditGradient& edit) {
  const LowRankPass& pass = *edit.pass;
  edit.dhidden = run.tensor(pass.rows.rows, pass.rank());
  const bool is_dropped = drops(run, pass);
  if (is_dropped) edit.dropped = dropped(run, x.restore(run, {pass.rows.first, pass.rows.rows}).data(), pass);
  return {.down = is_dropped ? PackedMatrix() : pass.packed.down,
          .up = pass.packed.up,
          .scale = pass.edit->scale,
          .hidden = pass.hidden,
          .dhidden = edit.dhidden.data(),
          .x = is_dropped ? Operand{edit.dropped.data(), x.cols()} : x.operand(pass.rows.first),
          .dup = tape.gradient(pass.edit->up),
          .ddown = tape.gradient(pass.edit->down)};
}

// Rows [first, first + rows) with the passes of their edits, which may be none.
void backward_rows(const Run& run, Tape& tape, std::span<const LowRankPass> passes, const Saved& x,
                   const GroupGradient& gradient, int first, int rows) {
  const size_t count = gradient.dys.size();
  std::vector<Operand> dys;
  for (const Tensor& dy : gradient.dys) dys.push_back(dy.operand().from_row(first));
  std::vector<EditGradient> edits(count);
  std::vector<LowRankGradient> low_rank(count);
  for (const LowRankPass& pass : passes) {
    const auto found = std::find(gradient.projections.begin(), gradient.projections.end(), pass.projection);
    if (found == gradient.projections.end()) continue;
    const size_t i = size_t(found - gradient.projections.begin());
    edits[i].pass = &pass;
    low_rank[i] = kernel_edit(run, tape, x, edits[i]);
  }
  GradientSum dx = gradient.dx;
  if (dx) dx.data += size_t(first) * x.cols();
  run.kernels().linear_backward(run.stream(), gradient.compute, dys.data(), rows, gradient.weights.data(),
                                passes.empty() ? nullptr : low_rank.data(), int(count), dx);
  for (const EditGradient& edit : edits)
    if (dx && edit.pass && drops(run, *edit.pass))
      backward_dropped(run, gradient.compute, *edit.pass, edit.dhidden, dx.data);
}

}  // namespace

void low_rank_backward(const Run& run, Tape& tape, std::span<const LowRankPass> passes, const Saved& x, RowSpan rows,
                       const GroupGradient& gradient) {
  const int end = rows.first + rows.rows;
  int row = rows.first;
  while (row < end) {
    const int first = passes.empty() ? end : passes[0].rows.first;
    if (row < first) {
      backward_rows(run, tape, {}, x, gradient, row, first - row);
      row = first;
      continue;
    }
    size_t count = 1;
    while (count < passes.size() && passes[count].rows.first == first) ++count;
    backward_rows(run, tape, passes.first(count), x, gradient, first, passes[0].rows.rows);
    row = first + passes[0].rows.rows;
    passes = passes.subspan(count);
  }
}

}  // namespace graft::inline v0
