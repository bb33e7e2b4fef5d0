// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "data/table_encoding_state.hpp"
#include "data/table_state.hpp"
#include "support/atomic_file.hpp"
#include "support/json.hpp"
#include "support/mapped_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kFormat = 1;  // of the file

Json column_json(const ColumnEncoding& column) {
  Json json = {{"name", column.name}, {"type", name_of(column.type)}, {"has_missing", column.has_missing}};
  if (column.type == ColumnType::number) {
    json["mean"] = column.mean;
    json["shift"] = column.shift;
    json["scale"] = column.scale;
  } else {
    json["values"] = column.values;
    json["rare"] = column.rare;
    json["usual"] = column.usual;
  }
  return json;
}

ColumnEncoding column_of(const JsonObject& json) {
  ColumnEncoding column;
  column.name = json.text("name");
  column.has_missing = json.flag("has_missing");
  const std::string type = json.text("type");
  if (type == name_of(ColumnType::number)) {
    column.mean = json.number("mean");
    column.shift = json.number("shift");
    column.scale = json.number("scale");
    if (!(column.scale > 0)) json.refuse("scale", "more than 0");
  } else {
    if (type != name_of(ColumnType::category)) json.refuse("type", "number or category");
    column.type = ColumnType::category;
    column.values = json.texts("values");
    column.rare = json.texts("rare");
    column.usual = json.text("usual");
  }
  return column;
}

}  // namespace

std::string TableEncoding::json() const {
  Json columns = Json::array();
  for (const ColumnEncoding& column : state_->columns) columns.push_back(column_json(column));
  return Json{{"format", kFormat},
              {"columns", columns},
              {"target", state_->target},
              {"classes", state_->classes},
              {"missing", state_->missing}}
             .dump(1) +
         "\n";
}

TableEncoding TableEncoding::from_json(std::string_view text, std::string_view name) {
  const Json json = parse_json(text, name);
  const JsonObject root(json, std::string(name));
  root.integer("format", kFormat, kFormat);
  const Json* columns = root.find("columns");
  if (!columns || !columns->is_array()) fail<FileError>(name, ": \"columns\" is missing, expected an array");
  State state;
  for (size_t i = 0; i < columns->size(); ++i)
    state.columns.push_back(column_of(JsonObject((*columns)[i], message(name, ": column ", i + 1))));
  state.target = root.text("target");
  state.classes = root.texts("classes");
  state.missing = root.texts("missing");
  state.name_features();
  return TableEncoding(std::make_shared<const State>(std::move(state)));
}

TableEncoding TableEncoding::load(const std::filesystem::path& path) {
  const MappedFile file = MappedFile::open(path);
  return from_json(file.text(), file.name());
}

void TableEncoding::save(const std::filesystem::path& path) const { write_file(path, json()); }

}  // namespace graft::inline v0
