// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "data/dataset_state.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

// The rows without those that repeat an earlier one, in their order.
std::vector<size_t> distinct(const std::vector<size_t>& order, const std::vector<DatasetRow>& rows) {
  const auto example = [&](size_t position) -> const Example& { return rows[order[position]].example; };
  std::vector<size_t> sorted(order.size());
  for (size_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
  std::stable_sort(sorted.begin(), sorted.end(), [&](size_t a, size_t b) { return example(a) < example(b); });
  sorted.erase(std::unique(sorted.begin(), sorted.end(), [&](size_t a, size_t b) { return example(a) == example(b); }),
               sorted.end());
  std::sort(sorted.begin(), sorted.end());
  for (size_t& position : sorted) position = order[position];
  return sorted;
}

}  // namespace

Split Dataset::split(double fraction, uint64_t seed) const {
  check(fraction > 0 && fraction < 1, "split: fraction is ", fraction, ", expected between 0 and 1");
  const std::vector<size_t> rows = distinct(state_->order, state_->source->rows);
  check(rows.size() >= 2, "split: ", rows.size(), " distinct examples, expected at least 2");
  const size_t removed = size() - rows.size();
  const auto wanted = static_cast<size_t>(std::llround(fraction * static_cast<double>(rows.size())));
  const size_t count = std::clamp(wanted, size_t{1}, rows.size() - 1);

  const std::vector<size_t> chosen = permutation(rows.size(), seed);
  std::vector<bool> is_train(rows.size());
  for (size_t i = 0; i < count; ++i) is_train[chosen[i]] = true;
  std::vector<size_t> train, held_out;
  for (size_t i = 0; i < rows.size(); ++i) (is_train[i] ? train : held_out).push_back(rows[i]);
  return {with_order(std::move(train), removed), with_order(std::move(held_out), removed)};
}

}  // namespace graft::inline v0
