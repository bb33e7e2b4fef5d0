// SPDX-License-Identifier: Apache-2.0
//
// A pass over rows that were gathered from another: each keeps its edits and its random numbers.
#pragma once

#include "tensor/run.hpp"

namespace graft::inline v0 {

// The run's tape, if any, keeps the result alive as long as its steps. Attention has no meaning in it.
std::shared_ptr<Run> run_on_rows(const Run& run, std::span<const int32_t> rows);

// The same with the edits of the first row for all of `count` rows that do not come from the batch.
std::shared_ptr<Run> run_on_table(const Run& run, int count);

// A pass over another batch, whose sequences are those of the run's.
std::shared_ptr<Run> run_on_batch(const Run& run, std::shared_ptr<const Batch> batch, std::vector<EditedRows> edits);

}  // namespace graft::inline v0
