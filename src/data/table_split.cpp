// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "data/table_state.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

// Rows that belong together, by what they share.
using Groups = std::map<int32_t, std::vector<size_t>>;

Groups group_rows(std::span<const int32_t> codes) {
  Groups groups;
  for (size_t row = 0; row < codes.size(); ++row) groups[codes[row]].push_back(row);
  return groups;
}

size_t share_of(size_t count, double fraction) {
  return count < 2 ? count : std::clamp(size_t(std::llround(fraction * double(count))), size_t{1}, count - 1);
}

// Takes a share of the rows at random.
void choose(std::span<const size_t> rows, double fraction, uint64_t seed, uint64_t stream,
            std::vector<bool>& is_train) {
  const std::vector<size_t> order = permutation(rows.size(), seed, stream);
  for (size_t i = 0; i < share_of(rows.size(), fraction); ++i) is_train[rows[order[i]]] = true;
}

void choose_groups(const Groups& groups, double fraction, uint64_t seed, std::vector<bool>& is_train) {
  check(groups.size() >= 2, "split: ", groups.size(), " groups, expected at least 2");
  std::vector<const std::vector<size_t>*> all;
  for (const auto& [code, rows] : groups) all.push_back(&rows);
  const double wanted = fraction * double(is_train.size());
  size_t taken = 0, taken_groups = 0;
  for (const size_t index : permutation(all.size(), seed)) {
    const std::vector<size_t>& rows = *all[index];
    const bool is_nearer = double(taken) + double(rows.size()) / 2 <= wanted;
    if (taken_groups > 0 && (!is_nearer || taken_groups + 1 == all.size())) continue;
    for (const size_t row : rows) is_train[row] = true;
    taken += rows.size();
    ++taken_groups;
  }
}

// The codes of a column; missing cells are groups of one, with codes of their own.
std::vector<int32_t> codes_of(const Table::State& table, int column) {
  std::vector<int32_t> codes;
  for (const size_t row : table.order) {
    const int32_t code = table.cells->columns[size_t(column)].codes[row];
    codes.push_back(code == kMissing ? -2 - int32_t(row) : code);
  }
  return codes;
}

}  // namespace

TableSplit Table::split(double fraction, const SplitOptions& options) const {
  check(fraction > 0 && fraction < 1, "split: fraction is ", fraction, ", expected between 0 and 1");
  check(rows() >= 2, "split: ", rows(), " rows, expected at least 2");
  std::vector<bool> is_train(rows());
  switch (options.by) {
    case SplitBy::row:
      choose(group_rows(std::vector<int32_t>(rows(), 0)).at(0), fraction, options.seed, 0, is_train);
      break;
    case SplitBy::target: {
      check(state_->cells->has_classes(), "split: by classes, but the table has none");
      for (const auto& [code, rows] : group_rows(class_targets()))
        choose(rows, fraction, options.seed, uint64_t(code), is_train);
      break;
    }
    case SplitBy::group:
      check(state_->cells->group >= 0, "split: by groups, but TableOptions::group names no column");
      choose_groups(group_rows(codes_of(*state_, state_->cells->group)), fraction, options.seed, is_train);
      break;
  }
  std::vector<size_t> train, held_out;
  for (size_t row = 0; row < rows(); ++row) (is_train[row] ? train : held_out).push_back(row);
  return {select(train), select(held_out)};
}

}  // namespace graft::inline v0
