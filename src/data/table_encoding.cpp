// SPDX-License-Identifier: Apache-2.0
#include "graft/table_encoding.hpp"

#include <algorithm>
#include <cmath>

#include "data/table_encoding_state.hpp"
#include "data/table_state.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

void fit_number(ColumnEncoding& to, const std::vector<double>& numbers, bool standardise) {
  double sum = 0, count = 0;
  for (const double number : numbers)
    if (!std::isnan(number)) sum += number, ++count;
  to.has_missing = count < double(numbers.size());
  if (count == 0) return;
  const double mean = sum / count;
  double squares = 0;
  for (const double number : numbers)
    if (!std::isnan(number)) squares += (number - mean) * (number - mean);
  to.mean = mean;
  if (!standardise) return;
  to.shift = mean;
  if (squares > 0) to.scale = std::sqrt(squares / count);
}

void fit_category(ColumnEncoding& to, const TableColumn& column, std::span<const size_t> rows, int rare_below) {
  std::vector<size_t> counts(column.values.size());
  for (const size_t row : rows) {
    const int32_t code = column.codes[row];
    to.has_missing = to.has_missing || code == kMissing;
    if (code != kMissing) ++counts[size_t(code)];
  }
  for (size_t code = 0; code < counts.size(); ++code)
    if (counts[code] > 0) (counts[code] < size_t(rare_below) ? to.rare : to.values).push_back(column.values[code]);
  const auto most = std::max_element(counts.begin(), counts.end());
  if (most != counts.end() && *most > 0) to.usual = column.values[size_t(most - counts.begin())];
}

// The column of the table in the type that the encoding needs.
const TableColumn& column_for(const ColumnEncoding& encoding, const TableCells& cells) {
  const int at = cells.find(encoding.name);
  check(at >= 0, "encode: the table has no column ", in_quotes(encoding.name));
  const ColumnType type = cells.infos[size_t(at)].type;
  check(type == encoding.type, "encode: column ", in_quotes(encoding.name), " is ", name_of(type), ", expected ",
        name_of(encoding.type), ": read the table with TableEncoding::reading");
  return cells.columns[size_t(at)];
}

constexpr int kNoFeature = -1;

// The feature of each value of the table's column, from the column's first on.
std::vector<int> features_of(const ColumnEncoding& encoding, const std::vector<std::string>& values) {
  std::vector<int> features;
  for (const std::string& value : values) {
    const auto at = std::find(encoding.values.begin(), encoding.values.end(), value);
    const bool is_rare = std::find(encoding.rare.begin(), encoding.rare.end(), value) != encoding.rare.end();
    features.push_back(at != encoding.values.end() || is_rare ? int(at - encoding.values.begin()) : kNoFeature);
  }
  return features;
}

// Writes the features of one column; `out` is their place in the first row.
void encode_column(const ColumnEncoding& encoding, const TableColumn& column, std::span<const size_t> rows, float* out,
                   size_t stride) {
  const std::vector<int> features = features_of(encoding, column.values);
  const int usual = features_of(encoding, {encoding.usual})[0];
  for (const size_t row : rows) {
    bool is_missing;
    if (encoding.type == ColumnType::number) {
      is_missing = std::isnan(column.numbers[row]);
      *out = float(((is_missing ? encoding.mean : column.numbers[row]) - encoding.shift) / encoding.scale);
    } else {
      const int32_t code = column.codes[row];
      is_missing = code == kMissing;
      const int feature = is_missing ? usual : features[size_t(code)];
      if (feature != kNoFeature) out[feature] = 1;
    }
    if (encoding.has_missing) out[encoding.features() - 1] = is_missing;
    out += stride;
  }
}

void encode_target(const TableEncoding::State& encoding, const Table& table, TableFeatures& features) {
  if (encoding.target.empty() || table.target() != encoding.target) return;
  for (const double number : table.number_targets()) features.numbers.push_back(float(number));
  const std::vector<int32_t> targets = table.class_targets();
  for (size_t row = 0; row < targets.size(); ++row) {
    const std::string& name = table.classes()[size_t(targets[row])];
    const auto at = std::find(encoding.classes.begin(), encoding.classes.end(), name);
    check(at != encoding.classes.end(), table.where(row), ": column ", in_quotes(encoding.target), ": ",
          in_quotes(name), " is no class of the training part");
    features.classes.push_back(int32_t(at - encoding.classes.begin()));
  }
}

}  // namespace

void TableEncoding::State::name_features() {
  features.clear();
  for (const ColumnEncoding& column : columns) {
    if (column.type == ColumnType::number) features.push_back(column.name);
    for (const std::string& value : column.values) features.push_back(column.name + " = " + value);
    if (!column.rare.empty()) features.push_back(column.name + " = (rare)");
    if (column.has_missing) features.push_back(column.name + " is missing");
  }
}

TableEncoding TableEncoding::fit(const Table& train, const EncodingOptions& options) {
  check(options.rare_below >= 0, "EncodingOptions: rare_below is ", options.rare_below, ", expected at least 0");
  check(train.rows() > 0, "TableEncoding: the training part is empty");
  const auto& [cells, rows] = train.state();
  State state;
  state.target = train.target();
  state.classes.assign(train.classes().begin(), train.classes().end());
  state.missing = cells->missing;
  for (size_t i = 0; i < cells->columns.size(); ++i) {
    const ColumnInfo& info = cells->infos[i];
    const bool is_feature = info.type == ColumnType::number || info.type == ColumnType::category;
    if (!is_feature || int(i) == cells->target || int(i) == cells->group) continue;
    ColumnEncoding column;
    column.name = info.name;
    column.type = info.type;
    if (info.type == ColumnType::number)
      fit_number(column, train.numbers(info.name), options.standardise);
    else
      fit_category(column, cells->columns[i], rows, options.rare_below);
    state.columns.push_back(std::move(column));
  }
  state.name_features();
  return TableEncoding(std::make_shared<const State>(std::move(state)));
}

TableFeatures TableEncoding::encode(const Table& table) const {
  const auto& [cells, rows] = table.state();
  TableFeatures features{.rows = rows.size(), .cols = state_->features.size()};
  features.values.resize(features.rows * features.cols);
  float* out = features.values.data();
  for (const ColumnEncoding& column : state_->columns) {
    encode_column(column, column_for(column, *cells), rows, out, features.cols);
    out += column.features();
  }
  encode_target(*state_, table, features);
  return features;
}

std::span<const std::string> TableEncoding::features() const { return state_->features; }

const std::string& TableEncoding::target() const { return state_->target; }

std::span<const std::string> TableEncoding::classes() const { return state_->classes; }

TableOptions TableEncoding::reading(bool with_target) const {
  TableOptions options;
  options.missing = state_->missing;
  for (const ColumnEncoding& column : state_->columns) options.types[column.name] = column.type;
  if (!with_target) return options;
  options.target = state_->target;
  options.classes = state_->classes;
  if (!state_->target.empty())
    options.types[state_->target] = state_->classes.empty() ? ColumnType::number : ColumnType::category;
  return options;
}

}  // namespace graft::inline v0
