// SPDX-License-Identifier: Apache-2.0
#include "ops/row_parts.hpp"

#include <algorithm>
#include <numeric>

#include "support/message.hpp"
#include "tensor/rows_run.hpp"

namespace graft::inline v0 {
namespace {

const Weight* in_place_of(const Weight* original, const Edits* edits) {
  if (!original || !edits || edits->replaced.empty()) return original;
  const auto found = edits->replaced.find(original->number());
  return found == edits->replaced.end() ? original : found->second.get();
}

}  // namespace

RowParts::RowParts(const Run& run, std::span<const Weight* const> weights) {
  const auto add = [&](int first, int rows, const Edits* edits) {
    if (rows <= 0) return;
    const auto is_same = [&](const Weight* weight) {
      return in_place_of(weight, parts_.back().edits) == in_place_of(weight, edits);
    };
    if (!parts_.empty() && std::all_of(weights.begin(), weights.end(), is_same))
      parts_.back().rows += rows;
    else
      parts_.push_back({first, rows, edits});
  };
  int end = 0;
  for (const EditedRows& rows : run.edits) {
    add(end, rows.first - end, nullptr);
    add(rows.first, rows.rows, rows.edits);
    end = rows.first + rows.rows;
  }
  add(end, run.batch.rows() - end, nullptr);
  if (parts_.empty()) parts_.push_back({});
}

const Weight* RowParts::weight(const Weight* original) const { return in_place_of(original, parts_.front().edits); }

std::vector<Tensor> RowParts::join(Run& run, const PartFunction& part) const {
  std::vector<RowSpan> spans;
  for (const EditedRows& range : parts_) spans.push_back({range.first, range.rows});
  return join_parts(run, spans, [&](size_t, Run& inside, std::span<const int32_t> rows) { return part(inside, rows); });
}

const Weight& weight_of_all(const Run& run, const Weight& original) {
  const RowParts parts(run, {&original});
  check<UnsupportedError>(parts.is_one(), "unsupported: adapters that differ in ", original.name(), " in one batch");
  return *parts.weight(&original);
}

Tensor join_rows(Run& run, std::span<const Tensor> parts) {
  int rows = 0;
  bool recorded = false;
  std::vector<Identity> inputs;
  for (const Tensor& part : parts) {
    rows += part.rows();
    recorded = recorded || run.records({part});
    inputs.push_back(part.identity());
  }
  Tensor y = run.tensor(rows, parts[0].cols());
  float* out = y.data();
  for (const Tensor& part : parts) {
    run.kernels().convert(run.stream(), part.data(), Dtype::f32, out, int64_t(part.size()));
    out += part.size();
  }
  if (recorded)
    run.tape->record({y.identity()}, [run, inputs, out = y.identity()](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      const float* slopes = dy.data();
      for (const Identity& input : inputs) {
        const int64_t count = int64_t(input->rows) * input->cols;
        if (const GradientSum dx = tape.sum(input)) run.kernels().accumulate(run.stream(), slopes, 1, dx, count);
        slopes += count;
      }
    });
  return y;
}

std::vector<Tensor> join_parts(
    Run& run, std::span<const RowSpan> parts,
    const std::function<std::vector<Tensor>(size_t part, Run& run, std::span<const int32_t> rows)>& of_part) {
  std::vector<std::vector<Tensor>> results;  // of each result, by part
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].rows == 0 && parts.size() > 1) continue;
    std::vector<int32_t> rows(size_t(parts[i].rows));
    std::iota(rows.begin(), rows.end(), parts[i].first);
    const std::vector<Tensor> found = of_part(i, *run_on_rows(run, rows), rows);
    results.resize(found.size());
    for (size_t j = 0; j < found.size(); ++j) results[j].push_back(found[j]);
  }
  std::vector<Tensor> joined;
  for (const std::vector<Tensor>& of_result : results) joined.push_back(join_rows(run, of_result));
  return joined;
}

}  // namespace graft::inline v0
