// SPDX-License-Identifier: Apache-2.0
//
// Projections with all edits that a site may have: other weights in place of the trunk's, gains of the input and of the
// output. Where there are low-rank updates only, the group is one call.
#include <algorithm>

#include "ops/ops.hpp"
#include "ops/row_parts.hpp"

namespace graft::inline v0 {
namespace {

using Gain = Tensor SiteEdit::*;

std::vector<RowGain> gains_of(const Run& run, const Projection& at, Gain gain,
                              const std::function<bool(const SiteEdit&)>& counts) {
  std::vector<RowGain> gains;
  for (const EditedRows& rows : run.edits) {
    if (at.site < 0 || !rows.edits) continue;
    const SiteEdit& edit = rows.edits->sites[size_t(at.site)];
    if (edit.*gain && counts(edit)) gains.push_back({rows.first, rows.rows, edit.*gain});
  }
  return gains;
}

std::vector<RowGain> input_gains(const Run& run, const Projection& at) {
  return gains_of(run, at, &SiteEdit::input_gain, [](const SiteEdit&) { return true; });
}
std::vector<RowGain> output_gains(const Run& run, const Projection& at, bool of_bias) {
  return gains_of(run, at, &SiteEdit::output_gain, [=](const SiteEdit& edit) { return edit.gain_of_bias == of_bias; });
}

std::vector<const Weight*> weights_of(std::span<const Projection> projections) {
  std::vector<const Weight*> weights;
  for (const Projection& at : projections) weights.insert(weights.end(), {at.weight, at.bias});
  return weights;
}

// The bias of a projection whose product has a gain of its own is added behind it.
Tensor with_output_gains(Run& run, const Projection& at, bool adds_bias, Tensor y) {
  if (adds_bias) y = scale_columns(run, y, output_gains(run, at, false), at.bias);
  std::vector<RowGain> of_all = output_gains(run, at, true);
  return of_all.empty() ? y : scale_columns(run, y, std::move(of_all), nullptr);
}

bool drops_input(const Run& run, std::span<const Projection> projections) {
  for (const EditedRows& rows : run.edits)
    for (const Projection& at : projections)
      if (rows.edits && at.site >= 0 && drops_input(run, rows.edits->sites[size_t(at.site)].low_rank)) return true;
  return false;
}

}  // namespace

bool has_low_rank_edits_only(const Run& run, std::span<const Projection> projections) {
  for (const EditedRows& rows : run.edits) {
    if (!rows.edits) continue;
    if (!rows.edits->replaced.empty()) return false;
    for (const Projection& at : projections) {
      if (at.site < 0) continue;
      const SiteEdit& edit = rows.edits->sites[size_t(at.site)];
      if (edit.input_gain || edit.output_gain) return false;
    }
  }
  return true;
}

Compute compute_of(const Run& run, std::span<const RoutedRows> parts) {
  Compute compute = Compute::int8;
  for (const RoutedRows& part : parts)
    for (const Projection& at : part.projections) compute = std::min(compute, run.compute(at.weight->dtype()));
  return compute;
}

bool rounds_input(const Run& run, std::span<const RoutedRows> parts) {
  const Compute compute = compute_of(run, parts);
  for (const RoutedRows& part : parts)
    for (const Projection& at : part.projections)
      if (part.rows.rows > 0 && !run.kernels().rounds_input(at.weight->dtype(), compute, part.rows.rows)) return false;
  return true;
}

Dtype input_dtype(const Run& run, std::span<const RoutedRows> parts) {
  for (const RoutedRows& part : parts)
    if (!has_low_rank_edits_only(run, part.projections) || drops_input(run, part.projections)) return Dtype::f32;
  return rounds_input(run, parts) ? Dtype::bf16 : Dtype::f32;
}

Dtype input_dtype(const Run& run, int rows, std::span<const Projection> projections) {
  const RoutedRows all{{0, rows}, projections};
  return input_dtype(run, {&all, 1});
}

std::vector<Tensor> edited_linear(Run& run, const Tensor& x, std::span<const Projection> projections) {
  const RowParts parts(run, weights_of(projections));
  if (!parts.is_one())
    return parts.join(run, [&](Run& part, std::span<const int32_t> rows) {
      return edited_linear(part, gather_rows(run, x, rows), projections);
    });
  std::vector<Projection> own;
  std::vector<bool> adds_bias;
  std::vector<std::vector<RowGain>> inputs;
  for (const Projection& at : projections) {
    adds_bias.push_back(!output_gains(run, at, false).empty());
    inputs.push_back(input_gains(run, at));
    own.push_back({parts.weight(at.weight), adds_bias.back() ? nullptr : parts.weight(at.bias), at.site});
  }
  const auto is_empty = [](const std::vector<RowGain>& gains) { return gains.empty(); };
  std::vector<Tensor> ys;
  if (std::all_of(inputs.begin(), inputs.end(), is_empty)) {
    ys = low_rank_linear(run, x, own);
  } else {
    for (size_t i = 0; i < own.size(); ++i) {
      const Tensor input = inputs[i].empty() ? x : scale_columns(run, x, inputs[i], nullptr);
      ys.push_back(low_rank_linear(run, input, {&own[i], 1})[0]);
    }
  }
  for (size_t i = 0; i < own.size(); ++i) {
    own[i].bias = parts.weight(projections[i].bias);
    ys[i] = with_output_gains(run, own[i], adds_bias[i], ys[i]);
  }
  return ys;
}

}  // namespace graft::inline v0
