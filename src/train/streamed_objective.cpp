// SPDX-License-Identifier: Apache-2.0
#include "train/streamed_objective.hpp"

#include <iterator>
#include <numeric>

namespace graft::inline v0 {

void StreamedObjective::advance_to(size_t first, size_t count) const {
  if (!next_ || first < first_) {
    next_ = begin_();
    rows_.clear();
    first_ = 0;
  }
  while (first_ + rows_.size() < first + count) {
    std::ranges::move(next_(), std::back_inserter(rows_));
    for (; first_ < first && !rows_.empty(); ++first_) rows_.pop_front();
  }
  for (; first_ < first; ++first_) rows_.pop_front();
}

StepLoss StreamedObjective::loss(const LossContext& context, std::span<const size_t> examples,
                                 Gradients* gradients) const {
  advance_to(examples.front(), examples.size());
  const std::vector<TokenRow> rows(rows_.begin(), rows_.begin() + std::ptrdiff_t(examples.size()));
  std::vector<size_t> all(rows.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return TokenObjective(trunk_, rows, options_, parts_).loss(context, all, gradients);
}

}  // namespace graft::inline v0
