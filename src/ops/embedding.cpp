// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"

#include <algorithm>

#include "ops/row_parts.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// The low-rank update of some rows of an embedding: y += scale · rows[ids] · upᵀ (Hu et al. 2021).
struct TablePass {
  int first, rows;
  TableEdit edit;
  Tensor hidden;  // rows × rank
};

std::vector<TablePass> table_passes(const Run& run, const Weight& table, std::span<const int32_t> ids) {
  std::vector<TablePass> passes;
  for (const auto& [first, rows, edits] : run.edits) {
    if (!edits || edits->tables.empty()) continue;
    const auto found = edits->tables.find(table.number());
    if (found == edits->tables.end()) continue;
    const TableEdit& edit = found->second;
    check<UnsupportedError>(int(ids.size()) == run.batch.rows(), "unsupported: a low-rank update of ", table.name(),
                            ", which is read as a whole");
    check(edit.rows.rows() == table.rows() && edit.up.rows() == table.cols() && edit.up.cols() == edit.rows.cols(),
          table.name(), ": a low-rank update is for ", edit.rows.rows(), " x ", edit.up.rows(), ", expected ",
          table.rows(), " x ", table.cols());
    TablePass& pass = passes.emplace_back(TablePass{first, rows, edit, run.tensor(rows, edit.rows.cols())});
    run.kernels().gather_rows(run.stream(), edit.rows.data(), &ids[size_t(first)], rows, edit.rows.cols(),
                              pass.hidden.data());
  }
  return passes;
}

void add_to(const Run& run, const TablePass& pass, const Tensor& y) {
  const int rank = pass.hidden.cols();
  run.kernels().matmul(run.stream(), Compute::f32, {pass.hidden.data(), rank}, {pass.edit.up.data(), rank, true},
                       y.data() + size_t(pass.first) * size_t(y.cols()), y.cols(), pass.rows, y.cols(), rank,
                       pass.edit.scale, true);
}

void backward(const Run& run, Tape& tape, const TablePass& pass, std::span<const int32_t> ids, const Tensor& dy) {
  const int rank = pass.hidden.cols(), cols = dy.cols();
  const float* slopes = dy.data() + size_t(pass.first) * size_t(cols);
  if (float* dup = tape.gradient(pass.edit.up))
    run.kernels().matmul(run.stream(), Compute::f32, {slopes, cols, true}, {pass.hidden.data(), rank}, dup, rank, cols,
                         rank, pass.rows, pass.edit.scale, true);
  float* drows = tape.gradient(pass.edit.rows);
  if (!drows) return;
  const Tensor dhidden = run.tensor(pass.rows, rank);
  run.kernels().matmul(run.stream(), Compute::f32, {slopes, cols}, {pass.edit.up.data(), rank}, dhidden.data(), rank,
                       pass.rows, rank, cols, pass.edit.scale, false);
  run.kernels().embedding_backward(run.stream(), &ids[size_t(pass.first)], dhidden.data(), pass.rows, rank,
                                   pass.edit.rows.rows(), drows);
}

bool is_watched(const Run& run, const Weight& table, std::span<const TablePass> passes) {
  if (table.parameter() && run.records({table.parameter()})) return true;
  return std::any_of(passes.begin(), passes.end(), [&](const TablePass& pass) {
    return run.records({pass.edit.rows, pass.edit.up});
  });
}

}  // namespace

Tensor embedding(Run& run, const Weight& original, std::span<const int32_t> ids, int32_t padding) {
  const RowParts parts(run, {&original});
  if (!parts.is_one() && int(ids.size()) == run.batch.rows())
    return parts.join(run, [&](Run& part, std::span<const int32_t> rows) {
      return std::vector{embedding(part, original, ids.subspan(size_t(rows[0]), rows.size()), padding)};
    })[0];
  const Weight& table = weight_of_all(run, original);
  for (const int32_t id : ids)
    check(id >= 0 && id < table.rows(), table.name(), ": token ", id, ", expected 0 to ", table.rows() - 1);
  Tensor y = run.tensor(int(ids.size()), table.cols());
  run.kernels().embedding(run.stream(), table.matrix(), ids.data(), y.rows(), y.data());
  std::vector<TablePass> passes = table_passes(run, table, ids);
  for (const TablePass& pass : passes) add_to(run, pass, y);

  if (is_watched(run, table, passes)) {
    std::vector<int32_t> learned(ids.begin(), ids.end());
    std::replace(learned.begin(), learned.end(), padding, -1);
    run.tape->record({y.identity()}, [run, &table, out = y.identity(), at = std::move(learned),
                                      passes = std::move(passes)](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      if (float* dtable = table.parameter() ? tape.gradient(table.parameter()) : nullptr)
        run.kernels().embedding_backward(run.stream(), at.data(), dy.data(), int(at.size()), table.cols(), table.rows(),
                                         dtable);
      for (const TablePass& pass : passes) backward(run, tape, pass, at, dy);
    });
  }
  return y;
}

Tensor gather_rows(Run& run, const Tensor& x, std::span<const int32_t> rows) {
  Tensor y = run.tensor(int(rows.size()), x.cols());
  run.kernels().gather_rows(run.stream(), x.data(), rows.data(), int(rows.size()), x.cols(), y.data());

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = x.identity(), out = y.identity(),
                                      at = std::vector(rows.begin(), rows.end())](Tape& tape) {
      run.kernels().embedding_backward(run.stream(), at.data(), tape.upstream(out).data(), int(at.size()), x->cols,
                                       x->rows, tape.gradient(x));
    });
  return y;
}

Tensor add_rows(Run& run, const Tensor& x, const Tensor& table, std::span<const int32_t> rows) {
  check(int(rows.size()) == x.rows() && table.cols() == x.cols(), "add_rows: x is ", x.rows(), " x ", x.cols(),
        ", and ", rows.size(), " rows have ", table.cols(), " columns");
  for (const int32_t row : rows)
    check(row >= 0 && row < table.rows(), "add_rows: row ", row, ", expected 0 to ", table.rows() - 1);
  Tensor y = run.tensor(x.rows(), x.cols());
  for (int i = 0; i < y.rows(); ++i) std::ranges::copy(table.row(rows[size_t(i)]), y.row(i).begin());
  run.kernels().accumulate(run.stream(), x.data(), 1, y.data(), int64_t(y.size()));

  if (run.records({x}))
    run.tape->record({y.identity()},
                     [x = x.identity(), out = y.identity()](Tape& tape) { tape.add_gradient(x, tape.upstream(out)); });
  return y;
}

}  // namespace graft::inline v0
