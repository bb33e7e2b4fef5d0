// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/ops.hpp"
#include "ops/row_parts.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Part {
  RowSpan rows;
  std::vector<Projection> projections;
  LowRankPasses low_rank;
};

struct Group {
  Compute compute;
  std::vector<Part> parts = {};
  std::vector<Identity> outputs = {};
};

bool is_watched(const Run& run, const Tensor& x, const Group& group) {
  if (!run.tape) return false;
  const auto watches = [&](const Tensor& tensor) { return run.tape->watches(tensor); };
  if (watches(x)) return true;
  for (const Part& part : group.parts) {
    for (const Projection& at : part.projections)
      if (watches(at.weight->parameter()) || (at.bias && watches(at.bias->parameter()))) return true;
    for (const LowRankPass& pass : part.low_rank.list)
      if (watches(pass.edit->up) || watches(pass.edit->down)) return true;
  }
  return false;
}

void backward_parameters(const Run& run, Tape& tape, const Projection& at, Compute compute, const Saved& x,
                         RowSpan rows, const Tensor& dy) {
  Operand slopes = dy.operand().from_row(rows.first);
  if (at.bias)
    if (float* dbias = tape.gradient(at.bias->parameter()))
      run.kernels().column_sum(run.stream(), slopes.data, rows.rows, dy.cols(), dbias);
  slopes.transposed = true;
  if (at.weight->parameter())
    if (const GradientSum dweight = tape.sum(at.weight->parameter()))
      run.kernels().matmul(run.stream(), compute, slopes, x.operand(rows.first), dweight.data, x.cols(), dy.cols(),
                           x.cols(), rows.rows, 1, !dweight.is_unset);
}

void backward(const Run& run, Tape& tape, const Group& group, const Saved& x) {
  const GradientSum dx = tape.sum(x.identity());  // of which each part has its rows
  for (const Part& part : group.parts) {
    GroupGradient gradient{group.compute, {}, {}, {}, dx};
    for (size_t i = 0; i < part.projections.size(); ++i) {
      const Tensor dy = tape.upstream(group.outputs[i]);
      if (!dy) continue;
      backward_parameters(run, tape, part.projections[i], group.compute, x, part.rows, dy);
      gradient.projections.push_back(i);
      gradient.dys.push_back(dy);
      gradient.weights.push_back(part.projections[i].weight->matrix());
    }
    low_rank_backward(run, tape, part.low_rank.list, x, part.rows, gradient);
  }
}

// Whether all products with the outputs' gradients round them. The sums of a bias' gradient would not.
bool rounds_gradient(const Run& run, const Group& group) {
  for (const Part& part : group.parts)
    for (const Projection& at : part.projections)
      if (!run.kernels().rounds_gradient(at.weight->dtype(), group.compute) ||
          (at.bias && run.tape->watches(at.bias->parameter())))
        return false;
  return true;
}

// Its outputs, and the arrays that the kernel takes.
struct Call {
  std::vector<Tensor> outputs;
  std::vector<PackedMatrix> weights;
  std::vector<const float*> biases;
  std::vector<float*> ys;
  std::vector<RowSpan> ranges;
  std::vector<LowRankEdit> edits;

  void add(const Run& run, const Part& part) {
    add_kernel_edits(run, part.low_rank.list, weights.size(), edits);
    for (size_t i = 0; i < part.projections.size(); ++i) {
      const Projection& at = part.projections[i];
      weights.push_back(at.weight->matrix());
      biases.push_back(at.bias ? at.bias->vector() : nullptr);
      ys.push_back(outputs[i].data());
      ranges.push_back(part.rows);
    }
  }
};

// That the parts cover the rows of x, and that their projections are alike.
void check_parts(const Tensor& x, std::span<const RoutedRows> parts) {
  int end = 0;
  for (const RoutedRows& part : parts) {
    check(part.rows.first == end && part.projections.size() == parts[0].projections.size(), "linear: a part with ",
          part.projections.size(), " projections begins at row ", part.rows.first, ", expected ",
          parts[0].projections.size(), " at ", end);
    end += part.rows.rows;
    for (size_t i = 0; i < part.projections.size(); ++i) {
      const Weight &weight = *part.projections[i].weight, &first = *parts[0].projections[i].weight;
      check(weight.cols() == x.cols(), weight.name(), ": takes ", weight.cols(), " columns, x has ", x.cols());
      check(weight.rows() == first.rows(), weight.name(), ": gives ", weight.rows(), " columns, ", first.name(), " ",
            first.rows());
    }
  }
  check(!parts.empty() && end == x.rows(), "linear: parts with ", end, " rows, x has ", x.rows());
}

// The parts that have rows.
Group group_of(const Run& run, std::span<const RoutedRows> parts) {
  Group group{.compute = compute_of(run, parts)};
  for (const RoutedRows& part : parts)
    if (part.rows.rows > 0 || parts.size() == 1)
      group.parts.push_back({part.rows, {part.projections.begin(), part.projections.end()}, {}});
  return group;
}

}  // namespace

std::vector<Tensor> linear(Run& run, const Tensor& x, std::span<const Projection> projections) {
  return has_low_rank_edits_only(run, projections) ? low_rank_linear(run, x, projections)
                                                   : edited_linear(run, x, projections);
}

std::vector<Tensor> linear(Run& run, const Tensor& x, std::span<const RoutedRows> parts) {
  const auto is_simple = [&](const RoutedRows& part) { return has_low_rank_edits_only(run, part.projections); };
  if (std::all_of(parts.begin(), parts.end(), is_simple)) return low_rank_linear(run, x, parts);
  std::vector<RowSpan> spans;
  for (const RoutedRows& part : parts) spans.push_back(part.rows);
  return join_parts(run, spans, [&](size_t part, Run& inside, std::span<const int32_t> rows) {
    return edited_linear(inside, gather_rows(run, x, rows), parts[part].projections);
  });
}

std::vector<Tensor> low_rank_linear(Run& run, const Tensor& x, std::span<const Projection> projections) {
  const RoutedRows all{{0, x.rows()}, projections};
  return low_rank_linear(run, x, {&all, 1});
}

std::vector<Tensor> low_rank_linear(Run& run, const Tensor& x, std::span<const RoutedRows> parts) {
  check_parts(x, parts);
  Group group = group_of(run, parts);
  Call call;
  for (const Projection& at : parts[0].projections) {
    call.outputs.push_back(run.tensor(x.rows(), at.weight->rows()));
    group.outputs.push_back(call.outputs.back().identity());
  }
  for (Part& part : group.parts) {
    part.low_rank = low_rank_passes(run, group.compute, x, {part.rows, part.projections});
    call.add(run, part);
  }
  const Saved saved = is_watched(run, x, group) ? Saved(run, x) : Saved();
  const bool is_rounded = saved && rounds_input(run, parts);
  run.kernels().linear(run.stream(), group.compute, is_rounded ? saved.operand() : x.operand(), x.rows(),
                       call.weights.data(), call.biases.data(), call.ys.data(), int(call.weights.size()),
                       call.edits.data(), int(call.edits.size()),
                       group.parts.size() > 1 ? call.ranges.data() : nullptr);

  if (saved) {
    const std::vector<Identity> identities = group.outputs;
    const bool rounds = rounds_gradient(run, group);
    run.tape->record(
        identities, [run, x = saved, group = std::move(group)](Tape& tape) { backward(run, tape, group, x); }, rounds);
  }
  return call.outputs;
}

}  // namespace graft::inline v0
