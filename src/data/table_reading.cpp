// SPDX-License-Identifier: Apache-2.0
//
// A table is read twice: to see what its columns are, and to keep their cells in the form of that.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "data/table_state.hpp"
#include "data/table_survey.hpp"
#include "formats/csv.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

using VisitRow = std::function<void(std::span<const std::string> cells, size_t line)>;

struct Source {
  std::string file;  // empty for the host's own
  std::vector<std::string> names;
  std::function<void(const VisitRow&)> rows;
};

template <class... Parts>
[[noreturn]] void refuse(const Source& source, const Parts&... parts) {
  if (source.file.empty()) fail<ArgumentError>("table: ", parts...);
  fail<FileError>(source.file, ": ", parts...);
}

template <class... Parts>
[[noreturn]] void refuse_cell(const Source& source, size_t line, size_t column, const Parts&... parts) {
  const std::string of_column = message("column ", in_quotes(source.names[column]));
  if (source.file.empty()) fail<ArgumentError>("row ", line, ": ", of_column, parts...);
  fail<FileError>(source.file, ":", line, ": ", of_column, parts...);
}

// One column on its way: values get codes as they come.
class Filling {
 public:
  Filling(const Source& source, size_t index, const ColumnInfo& info, const TableOptions& options)
      : source_(source), index_(index), info_(info), options_(options), is_target_(info.name == options.target) {
    if (!is_target_) return;
    column_.values = options.classes;
    for (size_t i = 0; i < options.classes.size(); ++i) codes_.emplace(options.classes[i], int32_t(i));
  }

  void add(std::string_view cell, size_t line) {
    if (info_.type == ColumnType::ignored) return;
    const std::optional<std::string_view> value = value_of(cell, options_);
    if (!value && is_target_) refuse_cell(source_, line, index_, ", the target, is missing");
    if (info_.type == ColumnType::number)
      column_.numbers.push_back(value ? number(*value, line) : std::numeric_limits<double>::quiet_NaN());
    else
      column_.codes.push_back(value ? code(*value, line) : kMissing);
  }

  TableColumn take() && {
    const bool has_order = is_target_ && !options_.classes.empty();
    if (info_.type == ColumnType::category && !has_order) sort_values();
    return std::move(column_);
  }

 private:
  double number(std::string_view value, size_t line) const {
    const std::optional<double> number = number_of(value);
    if (!number) refuse_cell(source_, line, index_, ": ", in_quotes(value), ", expected a number");
    return *number;
  }

  int32_t code(std::string_view value, size_t line) {
    if (info_.type == ColumnType::text) return append(value);
    const auto [at, is_new] = codes_.try_emplace(std::string(value), int32_t(column_.values.size()));
    if (!is_new) return at->second;
    if (is_target_ && !options_.classes.empty()) {
      std::string known;
      for (const std::string& name : options_.classes) known += (known.empty() ? "" : ", ") + in_quotes(name);
      refuse_cell(source_, line, index_, ": ", in_quotes(value), ", expected ", known);
    }
    return append(value);
  }

  int32_t append(std::string_view value) {
    column_.values.emplace_back(value);
    return int32_t(column_.values.size()) - 1;
  }

  void sort_values() {
    std::vector<std::string>& values = column_.values;
    const bool are_numbers =
        std::all_of(values.begin(), values.end(), [](const std::string& value) { return number_of(value); });
    const auto before = [&](size_t a, size_t b) {
      if (are_numbers && number_of(values[a]) != number_of(values[b]))
        return number_of(values[a]) < number_of(values[b]);
      return values[a] < values[b];
    };
    std::vector<size_t> order(values.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), before);
    std::vector<int32_t> place(order.size());
    std::vector<std::string> sorted;
    for (size_t i = 0; i < order.size(); ++i) {
      place[order[i]] = int32_t(i);
      sorted.push_back(values[order[i]]);
    }
    for (int32_t& code : column_.codes)
      if (code != kMissing) code = place[size_t(code)];
    values = std::move(sorted);
  }

  const Source& source_;
  size_t index_;
  const ColumnInfo& info_;
  const TableOptions& options_;
  bool is_target_;
  std::unordered_map<std::string, int32_t> codes_;
  TableColumn column_;
};

int find_column(const Source& source, const std::string& name, const char* option) {
  const auto at = std::find(source.names.begin(), source.names.end(), name);
  if (at == source.names.end())
    refuse(source, "there is no column ", in_quotes(name), ", which TableOptions::", option, " names");
  return int(at - source.names.begin());
}

void check_names(const Source& source, const TableOptions& options) {
  check(options.most_categories >= 1, "TableOptions: most_categories is ", options.most_categories,
        ", expected at least 1");
  for (size_t i = 0; i < source.names.size(); ++i)
    if (std::find(source.names.begin(), source.names.begin() + std::ptrdiff_t(i), source.names[i]) !=
        source.names.begin() + std::ptrdiff_t(i))
      refuse(source, "two columns are named ", in_quotes(source.names[i]));
  for (const auto& [name, type] : options.types) find_column(source, name, "types");
}

std::vector<ColumnInfo> survey(const Source& source, const TableOptions& options) {
  std::vector<ColumnSurvey> surveys;
  for (const std::string& name : source.names) surveys.emplace_back(name, options);
  source.rows([&](std::span<const std::string> cells, size_t) {
    for (size_t i = 0; i < cells.size(); ++i) surveys[i].see(cells[i]);
  });
  std::vector<ColumnInfo> infos;
  for (const ColumnSurvey& of : surveys) infos.push_back(of.result());
  return infos;
}

void check_target(const Source& source, const ColumnInfo& target, const TableOptions& options) {
  if (target.type == ColumnType::text || target.type == ColumnType::ignored)
    refuse(source, "column ", in_quotes(target.name), ", the target, is ", name_of(target.type),
           ", expected numbers or at most ", options.most_categories, " classes");
  if (target.type == ColumnType::number && !options.classes.empty())
    refuse(source, "column ", in_quotes(target.name), " is a number by TableOptions::types, but has classes");
}

std::shared_ptr<const TableCells> read_cells(const Source& source, const TableOptions& options) {
  check_names(source, options);
  TableCells cells;
  cells.file = source.file;
  cells.missing = options.missing;
  if (!options.target.empty()) cells.target = find_column(source, options.target, "target");
  if (!options.group.empty()) cells.group = find_column(source, options.group, "group");
  cells.infos = survey(source, options);
  if (cells.target >= 0) check_target(source, cells.infos[size_t(cells.target)], options);
  if (cells.group >= 0 && cells.infos[size_t(cells.group)].type != ColumnType::category)
    refuse(source, "column ", in_quotes(options.group), ", the group, must be a category in TableOptions::types");

  std::vector<Filling> fillings;
  for (size_t i = 0; i < source.names.size(); ++i) fillings.emplace_back(source, i, cells.infos[i], options);
  source.rows([&](std::span<const std::string> row, size_t line) {
    cells.lines.push_back(line);
    for (size_t i = 0; i < row.size(); ++i) fillings[i].add(row[i], line);
  });
  if (cells.lines.empty()) refuse(source, "holds no row");
  for (size_t i = 0; i < fillings.size(); ++i) {
    cells.columns.push_back(std::move(fillings[i]).take());
    if (cells.infos[i].type == ColumnType::category) cells.infos[i].different = cells.columns[i].values.size();
  }
  return std::make_shared<const TableCells>(std::move(cells));
}

Table::State whole(std::shared_ptr<const TableCells> cells) {
  std::vector<size_t> order(cells->lines.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return {std::move(cells), std::move(order)};
}

std::vector<std::string> csv_names(const MappedFile& file, const TableOptions& options) {
  std::vector<std::string> names;
  bool is_first = true;
  for_each_record(file, options.separator, [&](std::span<const std::string> fields, size_t) {
    for (size_t i = 0; is_first && i < fields.size(); ++i) {
      const std::string_view name = value_of(fields[i], {.missing = {}}).value_or("");
      names.push_back(options.header && !name.empty() ? std::string(name) : std::to_string(i + 1));
    }
    is_first = false;
  });
  return names;
}

}  // namespace

Table Table::csv(const std::filesystem::path& path, const TableOptions& options) {
  const MappedFile file = MappedFile::open(path);
  const Source source{file.name(), csv_names(file, options), [&](const VisitRow& visit) {
                        bool is_header = options.header;
                        for_each_record(file, options.separator, [&](std::span<const std::string> row, size_t line) {
                          if (!is_header) visit(row, line);
                          is_header = false;
                        });
                      }};
  return Table(std::make_shared<const State>(whole(read_cells(source, options))));
}

Table Table::from(std::span<const std::string> names, std::span<const std::vector<std::string>> rows,
                  const TableOptions& options) {
  const Source source{"", {names.begin(), names.end()}, [&](const VisitRow& visit) {
                        for (size_t i = 0; i < rows.size(); ++i) visit(rows[i], i + 1);
                      }};
  for (size_t i = 0; i < rows.size(); ++i) {
    check(rows[i].size() == names.size(), "row ", i + 1, ": ", rows[i].size(), " cells, expected ", names.size());
    for (size_t j = 0; j < names.size(); ++j)
      if (!is_valid_utf8(rows[i][j])) refuse_cell(source, i + 1, j, " has text that is not UTF-8");
  }
  return Table(std::make_shared<const State>(whole(read_cells(source, options))));
}

}  // namespace graft::inline v0
