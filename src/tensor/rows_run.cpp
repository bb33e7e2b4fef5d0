// SPDX-License-Identifier: Apache-2.0
#include "tensor/rows_run.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Owner {
  std::shared_ptr<const Batch> batch;
  std::vector<EditedRows> edits;
  Run run;

  Owner(const Run& of, std::shared_ptr<const Batch> on, std::vector<EditedRows> edited)
      : batch(std::move(on)), edits(std::move(edited)), run{of.lane,     of.memory, *batch,  of.precision,
                                                            of.tape,     edits,     {},      of.observer,
                                                            of.training, of.saved,  of.seed, of.step} {}
};

}  // namespace

std::shared_ptr<Run> run_on_batch(const Run& run, std::shared_ptr<const Batch> batch, std::vector<EditedRows> edits) {
  auto owner = std::make_shared<Owner>(run, std::move(batch), std::move(edits));
  if (run.tape) run.tape->keep(owner);
  return {owner, &owner->run};
}

std::shared_ptr<Run> run_on_rows(const Run& run, std::span<const int32_t> rows) {
  auto batch = std::make_shared<Batch>();
  std::vector<EditedRows> edits;
  for (const int32_t row : rows) {
    const int at = batch->rows();
    batch->tokens.push_back(run.batch.tokens[size_t(row)]);
    batch->positions.push_back(run.batch.positions[size_t(row)]);
    batch->types.push_back(run.batch.types[size_t(row)]);
    batch->row_keys.push_back(run.batch.row_keys[size_t(row)]);
    const Edits* of_row = edits_of(run.edits, row);
    if (!edits.empty() && edits.back().edits == of_row && edits.back().first + edits.back().rows == at)
      ++edits.back().rows;
    else if (of_row)
      edits.push_back({at, 1, of_row});
  }
  batch->offsets.push_back(batch->rows());
  return run_on_batch(run, std::move(batch), std::move(edits));
}

std::shared_ptr<Run> run_on_table(const Run& run, int count) {
  return run_on_rows(run, std::vector<int32_t>(size_t(count), 0));
}

}  // namespace graft::inline v0
