// SPDX-License-Identifier: Apache-2.0
#include "nn/stack_pass.hpp"

namespace graft::inline v0 {

Encoded Encoded::select(Run& run, std::span<const int> sequences) const {
  auto chosen = std::make_shared<Batch>();
  std::vector<int32_t> rows;
  Encoded result;
  for (const int sequence : sequences) {
    const int first = batch->offsets[size_t(sequence)], count = batch->length(sequence);
    for (const EditedRows& range : edits)
      if (first >= range.first && first < range.first + range.rows)
        result.edits.push_back({chosen->rows(), count, range.edits});
    chosen->add({&batch->tokens[size_t(first)], size_t(count)});
    for (int row = first; row < first + count; ++row) rows.push_back(row);
  }
  result.batch = std::move(chosen);
  result.hidden = gather_rows(run, hidden, rows);
  for (const auto& [k, v] : layers)
    result.layers.push_back(k ? KeysAndValues{gather_rows(run, k, rows), gather_rows(run, v, rows)} : KeysAndValues{});
  return result;
}

}  // namespace graft::inline v0
