// SPDX-License-Identifier: Apache-2.0
#include "data/table_survey.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace graft::inline v0 {
namespace {

constexpr size_t kMostWholeClasses = 20;  // of a target whose values are whole numbers

}  // namespace

std::optional<std::string_view> value_of(std::string_view cell, const TableOptions& options) {
  const size_t first = cell.find_first_not_of(" \t");
  cell = first == cell.npos ? std::string_view() : cell.substr(first, cell.find_last_not_of(" \t") + 1 - first);
  if (std::find(options.missing.begin(), options.missing.end(), cell) != options.missing.end()) return std::nullopt;
  return cell;
}

std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.starts_with('+')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

void ColumnSurvey::see(std::string_view cell) {
  const std::optional<std::string_view> value = value_of(cell, *options_);
  if (!value) {
    ++missing_;
    return;
  }
  ++present_;
  if (is_number_) {
    const std::optional<double> number = number_of(*value);
    is_number_ = number.has_value();
    is_whole_ = is_whole_ && is_number_ && std::trunc(*number) == *number;
  }
  const size_t enough = std::max(size_t(options_->most_categories), kMostWholeClasses) + 1;
  if (different_.size() < enough && !different_.contains(*value)) different_.emplace(*value);
}

ColumnType ColumnSurvey::inferred() const {
  if (name_ == options_->group || (is_target() && !options_->classes.empty())) return ColumnType::category;
  if (present_ == 0) return ColumnType::ignored;
  const bool is_class = is_target() && is_whole_ && different_.size() <= kMostWholeClasses;
  if (is_number_ && !is_class) return ColumnType::number;
  return is_class || different_.size() <= size_t(options_->most_categories) ? ColumnType::category : ColumnType::text;
}

ColumnInfo ColumnSurvey::result() const {
  const auto given = options_->types.find(name_);
  const bool is_inferred = given == options_->types.end();
  return {name_, is_inferred ? inferred() : given->second, is_inferred, missing_, 0};
}

}  // namespace graft::inline v0
