// SPDX-License-Identifier: Apache-2.0
//
// What the cells of a column are.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "graft/table.hpp"

namespace graft::inline v0 {

// The cell without the blanks around it; nothing where the options call that missing.
std::optional<std::string_view> value_of(std::string_view cell, const TableOptions& options);

// A finite decimal number, all of the text.
std::optional<double> number_of(std::string_view text);

// Sees all cells of a column and says what it is.
class ColumnSurvey {
 public:
  ColumnSurvey(std::string name, const TableOptions& options) : name_(std::move(name)), options_(&options) {}

  void see(std::string_view cell);
  ColumnInfo result() const;

 private:
  ColumnType inferred() const;
  bool is_target() const { return name_ == options_->target; }

  std::string name_;
  const TableOptions* options_;
  size_t missing_ = 0, present_ = 0;
  bool is_number_ = true, is_whole_ = true;
  std::set<std::string, std::less<>> different_;  // as far as they are counted
};

}  // namespace graft::inline v0
