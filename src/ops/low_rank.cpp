// SPDX-License-Identifier: Apache-2.0
//
// Low-rank updates of projections (Hu et al. 2021): y += scale · (dropout(x) · downᵀ) · upᵀ. The factors `down` of a
// group are weights of one input, like the projections that they update.
#include <algorithm>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

bool drops(const Run& run, const LowRankPass& pass) { return run.training && pass.edit.dropout > 0; }

const float* rows_of(const Tensor& x, const LowRankPass& pass) {
  return x.data() + size_t(pass.rows.first) * x.cols();
}

// The edited rows of x, after dropout. Made again in the backward pass rather than kept.
Tensor dropped(const Run& run, const Tensor& x, const LowRankPass& pass) {
  Tensor y = run.tensor(pass.rows.rows, x.cols());
  run.kernels().dropout(run.stream(), {run.seed, run.step, uint64_t(pass.site)}, &run.batch.row_keys[pass.rows.first],
                        pass.edit.dropout, rows_of(x, pass), y.data(), y.rows(), y.cols(), false);
  return y;
}

// Packs `down` as a weight: bf16 where the products are.
void pack_down(const Run& run, LowRankPass& pass) {
  const Kernels& kernels = run.kernels();
  const Tensor& down = pass.edit.down;
  const Dtype dtype = pass.compute == Compute::f32 ? Dtype::f32 : Dtype::bf16;
  const size_t bytes = kernels.packed_bytes(dtype, down.rows(), down.cols());
  pass.packed = run.tensor(1, int((bytes + sizeof(float) - 1) / sizeof(float)));
  const void* rows = down.data();
  Tensor halves;
  if (dtype == Dtype::bf16) {
    halves = run.tensor(down.rows(), (down.cols() + 1) / 2);
    kernels.encode(run.stream(), dtype, down.data(), halves.data(), int64_t(down.size()));
    rows = halves.data();
  }
  kernels.pack(run.stream(), dtype, rows, 0, down.rows(), pass.packed.data(), down.rows(), down.cols());
  pass.down = {pass.packed.data(), dtype, down.rows(), down.cols()};
}

// The passes of one range of rows, in the order of the projections.
std::vector<LowRankPass> passes_of(const Run& run, Compute compute, const Tensor& x, const EditedRows& rows,
                                   std::span<const Projection> projections) {
  std::vector<LowRankPass> passes;
  for (size_t i = 0; i < projections.size() && rows.edits; ++i) {
    const auto& [weight, bias, site] = projections[i];
    if (site < 0 || !(*rows.edits)[site].low_rank.down) continue;
    const LowRank& edit = (*rows.edits)[site].low_rank;
    const int rank = edit.down.rows();
    check(edit.down.cols() == x.cols() && edit.up.rows() == weight->rows() && edit.up.cols() == rank,
          "low-rank edit: ", edit.up.rows(), " x ", edit.up.cols(), " · ", rank, " x ", edit.down.cols(),
          ", expected ", weight->rows(), " x ", x.cols());
    passes.push_back({i, site, rows, edit, compute, {}, {}, run.tensor(rows.rows, rank)});
    pack_down(run, passes.back());
  }
  return passes;
}

// hidden = x · downᵀ: one product for all, unless each drops other values of x.
void compute_hidden(const Run& run, const Tensor& x, std::span<const LowRankPass> passes) {
  std::vector<PackedMatrix> downs;
  std::vector<float*> hidden;
  const auto multiply = [&](const float* input) {
    run.kernels().linear(run.stream(), passes[0].compute, input, passes[0].rows.rows, downs.data(), nullptr,
                         hidden.data(), int(downs.size()));
    downs.clear();
    hidden.clear();
  };
  for (const LowRankPass& pass : passes) {
    downs.push_back(pass.down);
    hidden.push_back(pass.hidden.data());
    if (drops(run, pass)) multiply(dropped(run, x, pass).data());
  }
  if (!downs.empty()) multiply(rows_of(x, passes[0]));
}

}  // namespace

std::vector<LowRankPass> low_rank(Run& run, Compute compute, const Tensor& x, std::span<const Projection> projections,
                                  std::span<const Tensor> outputs) {
  compute = std::min(compute, Compute::bf16);  // the parameters are floats
  std::vector<LowRankPass> all;
  for (const EditedRows& rows : run.edits) {
    std::vector<LowRankPass> passes = passes_of(run, compute, x, rows, projections);
    if (passes.empty()) continue;
    compute_hidden(run, x, passes);
    for (LowRankPass& pass : passes) {
      const Tensor& y = outputs[pass.projection];
      const int rank = pass.hidden.cols();
      run.kernels().matmul(run.stream(), compute, {pass.hidden.data(), rank}, {pass.edit.up.data(), rank, true},
                           y.data() + size_t(rows.first) * y.cols(), y.cols(), rows.rows, y.cols(), rank,
                           pass.edit.scale, true);
      all.push_back(std::move(pass));
    }
  }
  return all;
}

namespace {

// The gradients of both factors, and of x through dropout.
void backward_factors(const Run& run, Tape& tape, const LowRankPass& pass, const Saved& x, const Tensor& dy,
                      const Tensor& dhidden) {
  const Kernels& kernels = run.kernels();
  const int rows = pass.rows.rows, rank = pass.hidden.cols(), inputs = x.cols(), outputs = dy.cols();
  if (float* dup = tape.gradient(pass.edit.up))
    kernels.matmul(run.stream(), pass.compute, {rows_of(dy, pass), outputs, true}, {pass.hidden.data(), rank}, dup, rank,
                   outputs, rank, rows, pass.edit.scale, true);
  float* ddown = tape.gradient(pass.edit.down);
  if (!ddown) return;
  const Tensor input = drops(run, pass) ? dropped(run, x.restore(run), pass) : Tensor();
  const Operand right = input ? Operand{input.data(), inputs} : x.operand(pass.rows.first);
  kernels.matmul(run.stream(), pass.compute, {dhidden.data(), rank, true}, right, ddown, inputs, rank, inputs, rows, 1,
                 true);
}

// dx += dhidden · down, through dropout.
void backward_dropped(const Run& run, const LowRankPass& pass, const Tensor& dhidden, float* dx, int inputs) {
  const Tensor dinput = Tensor::zeros(*run.memory, pass.rows.rows, inputs);
  const float* dy = dhidden.data();
  run.kernels().linear_backward(run.stream(), pass.compute, &dy, pass.rows.rows, &pass.down, nullptr, 1, dinput.data());
  run.kernels().dropout(run.stream(), {run.seed, run.step, uint64_t(pass.site)}, &run.batch.row_keys[pass.rows.first],
                        pass.edit.dropout, dinput.data(), dx, pass.rows.rows, inputs, true);
}

// Rows [first, first + rows) with the passes of their edits, which may be none.
void backward_rows(const Run& run, Tape& tape, std::span<const LowRankPass> passes, const Saved& x,
                   const GroupGradient& gradient, int first, int rows) {
  const size_t count = gradient.dys.size();
  std::vector<const float*> dys;
  for (const Tensor& dy : gradient.dys) dys.push_back(dy.data() + size_t(first) * dy.cols());
  std::vector<LowRankGradient> edits(count);
  std::vector<const LowRankPass*> of(count, nullptr);
  std::vector<Tensor> dhidden(count);
  for (const LowRankPass& pass : passes) {
    const auto found = std::find(gradient.projections.begin(), gradient.projections.end(), pass.projection);
    if (found == gradient.projections.end()) continue;
    const size_t i = size_t(found - gradient.projections.begin());
    of[i] = &pass;
    dhidden[i] = run.tensor(rows, pass.hidden.cols());
    edits[i] = {drops(run, pass) ? PackedMatrix() : pass.down, pass.edit.up.data(), pass.hidden.cols(), pass.edit.scale,
                dhidden[i].data()};
  }
  float* dx = gradient.dx ? gradient.dx + size_t(first) * x.cols() : nullptr;
  run.kernels().linear_backward(run.stream(), gradient.compute, dys.data(), rows, gradient.weights.data(),
                                passes.empty() ? nullptr : edits.data(), int(count), dx);
  for (size_t i = 0; i < count; ++i) {
    if (!of[i]) continue;
    backward_factors(run, tape, *of[i], x, gradient.dys[i], dhidden[i]);
    if (dx && drops(run, *of[i])) backward_dropped(run, *of[i], dhidden[i], dx, x.cols());
  }
}

}  // namespace

void low_rank_backward(const Run& run, Tape& tape, std::span<const LowRankPass> passes, const Saved& x,
                       const GroupGradient& gradient) {
  int row = 0;
  while (row < x.rows()) {
    const int first = passes.empty() ? x.rows() : passes[0].rows.first;
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
