// SPDX-License-Identifier: Apache-2.0
#include "graft/table.hpp"

#include "data/table_state.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

size_t column_at(const TableCells& cells, std::string_view name) {
  const int column = cells.find(name);
  check(column >= 0, "table: there is no column ", in_quotes(name));
  return size_t(column);
}

}  // namespace

const char* name_of(ColumnType type) {
  constexpr const char* kNames[] = {"number", "category", "text", "ignored"};
  return kNames[size_t(type)];
}

int TableCells::find(std::string_view column) const {
  for (size_t i = 0; i < infos.size(); ++i)
    if (infos[i].name == column) return int(i);
  return -1;
}

size_t Table::rows() const { return state_->order.size(); }

std::span<const ColumnInfo> Table::columns() const { return state_->cells->infos; }

const std::string& Table::target() const {
  static const std::string none;
  const TableCells& cells = *state_->cells;
  return cells.target < 0 ? none : cells.infos[size_t(cells.target)].name;
}

std::span<const std::string> Table::classes() const {
  const TableCells& cells = *state_->cells;
  return cells.has_classes() ? std::span(cells.columns[size_t(cells.target)].values) : std::span<const std::string>();
}

std::vector<int32_t> Table::class_targets() const {
  const TableCells& cells = *state_->cells;
  std::vector<int32_t> targets;
  if (!cells.has_classes()) return targets;
  for (const size_t row : state_->order) targets.push_back(cells.columns[size_t(cells.target)].codes[row]);
  return targets;
}

std::vector<double> Table::number_targets() const {
  return target().empty() || !classes().empty() ? std::vector<double>() : numbers(target());
}

std::vector<double> Table::numbers(std::string_view column) const {
  const TableCells& cells = *state_->cells;
  const size_t at = column_at(cells, column);
  check(cells.infos[at].type == ColumnType::number, "table: column ", in_quotes(column), " is ",
        name_of(cells.infos[at].type), ", expected number");
  std::vector<double> numbers;
  for (const size_t row : state_->order) numbers.push_back(cells.columns[at].numbers[row]);
  return numbers;
}

std::vector<std::string_view> Table::texts(std::string_view column) const {
  const TableCells& cells = *state_->cells;
  const size_t at = column_at(cells, column);
  const ColumnType type = cells.infos[at].type;
  check(type == ColumnType::category || type == ColumnType::text, "table: column ", in_quotes(column), " is ",
        name_of(type), ", expected category or text");
  std::vector<std::string_view> texts;
  for (const size_t row : state_->order) {
    const int32_t code = cells.columns[at].codes[row];
    texts.push_back(code == kMissing ? std::string_view() : cells.columns[at].values[size_t(code)]);
  }
  return texts;
}

std::string Table::where(size_t row) const {
  check(row < rows(), "table: row ", row, " of ", rows());
  const TableCells& cells = *state_->cells;
  const size_t line = cells.lines[state_->order[row]];
  return cells.file.empty() ? message("row ", line) : message(cells.file, ":", line);
}

Table Table::select(std::span<const size_t> rows) const {
  std::vector<size_t> order;
  for (const size_t row : rows) {
    check(row < this->rows(), "table: row ", row, " of ", this->rows());
    order.push_back(state_->order[row]);
  }
  return Table(std::make_shared<const State>(State{state_->cells, std::move(order)}));
}

}  // namespace graft::inline v0
