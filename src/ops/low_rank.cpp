// SPDX-License-Identifier: Apache-2.0
//
// Low-rank updates of a projection (Hu et al. 2021): y += scale · (dropout(x) · downᵀ) · upᵀ.
#include <algorithm>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// The edited rows of x, after dropout. Made again in the backward pass rather than kept.
Tensor dropped(const Run& run, const Tensor& x, const LowRankPass& pass) {
  Tensor y = run.tensor(pass.rows.rows, x.cols());
  const float* rows = x.data() + size_t(pass.rows.first) * x.cols();
  run.kernels().dropout(run.stream(), {run.seed, run.step, uint64_t(pass.site)}, &run.batch.row_keys[pass.rows.first],
                        pass.edit.dropout, rows, y.data(), y.rows(), y.cols(), false);
  return y;
}

bool drops(const Run& run, const LowRankPass& pass) { return run.training && pass.edit.dropout > 0; }

}  // namespace

std::vector<LowRankPass> low_rank(Run& run, Compute compute, const Tensor& x, int site, Tensor& y) {
  compute = std::min(compute, Compute::bf16);  // the parameters are floats
  std::vector<LowRankPass> passes;
  for (const EditedRows& rows : run.edits) {
    if (!rows.edits || site < 0 || !(*rows.edits)[site].low_rank.down) continue;
    const LowRank& edit = (*rows.edits)[site].low_rank;
    const int rank = edit.down.rows();
    check(edit.down.cols() == x.cols() && edit.up.rows() == y.cols() && edit.up.cols() == rank, "low-rank edit: ",
          edit.up.rows(), " x ", edit.up.cols(), " · ", rank, " x ", edit.down.cols(), ", expected ", y.cols(), " x ",
          x.cols());
    LowRankPass pass{site, compute, rows, edit, run.tensor(rows.rows, rank)};
    const Tensor input = drops(run, pass) ? dropped(run, x, pass) : Tensor();
    const float* in = input ? input.data() : x.data() + size_t(rows.first) * x.cols();
    const Kernels& kernels = run.kernels();
    kernels.matmul(run.stream(), compute, {in, x.cols()}, {edit.down.data(), x.cols(), true},
                   pass.hidden.data(), rank, rows.rows, rank, x.cols(), 1, false);
    kernels.matmul(run.stream(), compute, {pass.hidden.data(), rank}, {edit.up.data(), rank, true},
                   y.data() + size_t(rows.first) * y.cols(), y.cols(), rows.rows, y.cols(), rank, edit.scale, true);
    passes.push_back(std::move(pass));
  }
  return passes;
}

void low_rank_backward(const Run& run, Tape& tape, const LowRankPass& pass, const Tensor& x,
                       const Tensor& dy) {
  const Kernels& kernels = run.kernels();
  const auto& [site, compute, edited, edit, hidden] = pass;
  const int rows = edited.rows, rank = hidden.cols(), inputs = x.cols(), outputs = dy.cols();
  const float* dout = dy.data() + size_t(edited.first) * outputs;
  const size_t x_first = size_t(edited.first) * inputs;

  if (float* dup = tape.gradient(edit.up))
    kernels.matmul(run.stream(), compute, {dout, outputs, true}, {hidden.data(), rank}, dup, rank, outputs, rank, rows,
                   edit.scale, true);
  const Tensor dhidden = run.tensor(rows, rank);
  kernels.matmul(run.stream(), compute, {dout, outputs}, {edit.up.data(), rank}, dhidden.data(), rank, rows, rank,
                 outputs, edit.scale, false);
  const bool with_dropout = drops(run, pass);
  if (float* ddown = tape.gradient(edit.down)) {
    const Tensor input = with_dropout ? dropped(run, x, pass) : Tensor();
    kernels.matmul(run.stream(), compute, {dhidden.data(), rank, true},
                   {input ? input.data() : x.data() + x_first, inputs}, ddown, inputs, rank, inputs, rows, 1, true);
  }
  float* dx = tape.gradient(x);
  if (!dx) return;
  if (!with_dropout) {
    kernels.matmul(run.stream(), compute, {dhidden.data(), rank}, {edit.down.data(), inputs}, dx + x_first, inputs,
                   rows, inputs, rank, 1, true);
    return;
  }
  const Tensor dinput = run.tensor(rows, inputs);
  kernels.matmul(run.stream(), compute, {dhidden.data(), rank}, {edit.down.data(), inputs}, dinput.data(), inputs,
                 rows, inputs, rank, 1, false);
  kernels.dropout(run.stream(), {run.seed, run.step, uint64_t(site)}, &run.batch.row_keys[edited.first], edit.dropout,
                  dinput.data(), dx + x_first, rows, inputs, true);
}

}  // namespace graft::v0
