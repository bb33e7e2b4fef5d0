// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Group {
  std::vector<Projection> projections;
  LowRankPasses low_rank;
  std::vector<Identity> outputs;
  Compute compute = Compute::int8;
};

bool is_watched(const Run& run, const Tensor& x, const Group& group) {
  if (!run.tape) return false;
  const auto watches = [&](const Tensor& tensor) { return run.tape->watches(tensor); };
  if (watches(x)) return true;
  for (const Projection& at : group.projections)
    if (watches(at.weight->parameter()) || (at.bias && watches(at.bias->parameter()))) return true;
  for (const LowRankPass& pass : group.low_rank.list)
    if (watches(pass.edit->up) || watches(pass.edit->down)) return true;
  return false;
}

void backward_parameters(const Run& run, Tape& tape, const Projection& at, Compute compute, const Saved& x,
                         const Tensor& dy) {
  if (at.weight->parameter())
    if (const Gradients::Place dweight = tape.leaf_gradient(at.weight->parameter()); dweight.data)
      run.kernels().matmul(run.stream(), compute, {dy.data(), dy.cols(), true}, x.operand(), dweight.data, x.cols(),
                           dy.cols(), x.cols(), x.rows(), 1, !dweight.is_unset);
  if (at.bias)
    if (float* dbias = tape.gradient(at.bias->parameter()))
      run.kernels().column_sum(run.stream(), dy.data(), dy.rows(), dy.cols(), dbias);
}

void backward(const Run& run, Tape& tape, const Group& group, const Saved& x) {
  GroupGradient gradient{group.compute, {}, {}, {}, tape.gradient(x.identity())};
  for (size_t i = 0; i < group.projections.size(); ++i) {
    const Tensor dy = tape.upstream(group.outputs[i]);
    if (!dy) continue;
    backward_parameters(run, tape, group.projections[i], group.compute, x, dy);
    gradient.projections.push_back(i);
    gradient.dys.push_back(dy);
    gradient.weights.push_back(group.projections[i].weight->matrix());
  }
  low_rank_backward(run, tape, group.low_rank.list, x, gradient);
}

}  // namespace

std::vector<Tensor> linear(Run& run, const Tensor& x, std::span<const Projection> projections) {
  return has_low_rank_edits_only(run, projections) ? low_rank_linear(run, x, projections)
                                                   : edited_linear(run, x, projections);
}

std::vector<Tensor> low_rank_linear(Run& run, const Tensor& x, std::span<const Projection> projections) {
  Group group{{projections.begin(), projections.end()}, {}, {}};
  std::vector<Tensor> outputs;
  std::vector<PackedMatrix> weights;
  std::vector<const float*> biases;
  std::vector<float*> ys;
  for (const Projection& at : projections) {
    check(at.weight->cols() == x.cols(), at.weight->name(), ": takes ", at.weight->cols(), " columns, x has ",
          x.cols());
    group.compute = std::min(group.compute, run.compute(at.weight->dtype()));
    weights.push_back(at.weight->matrix());
    biases.push_back(at.bias ? at.bias->vector() : nullptr);
    outputs.push_back(run.tensor(x.rows(), at.weight->rows()));
    group.outputs.push_back(outputs.back().identity());
    ys.push_back(outputs.back().data());
  }
  group.low_rank = low_rank_passes(run, group.compute, x, projections);
  const std::vector<LowRankEdit> edits = kernel_edits(run, group.low_rank.list);
  const Saved saved = is_watched(run, x, group) ? Saved(run, x) : Saved();
  run.kernels().linear(run.stream(), group.compute, {x.data(), x.cols(), false, saved.halves()}, x.rows(),
                       weights.data(), biases.data(), ys.data(), int(weights.size()), edits.data(), int(edits.size()));

  if (saved) {
    const std::vector<Identity> identities = group.outputs;
    run.tape->record(identities,
                     [run, x = saved, group = std::move(group)](Tape& tape) { backward(run, tape, group, x); });
  }
  return outputs;
}

}  // namespace graft::inline v0
