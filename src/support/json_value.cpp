// SPDX-License-Identifier: Apache-2.0
#include "support/json_value.hpp"

#include <algorithm>
#include <ostream>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

static_assert(std::is_nothrow_move_constructible_v<Json::Object> && std::is_nothrow_swappable_v<Json::Object>,
              "a map that allocates when it is moved");

Json::Json(std::initializer_list<Json> items) {
  const bool is_object = std::all_of(items.begin(), items.end(), [](const Json& item) {
    return item.is_array() && item.size() == 2 && item[0].is_string();
  });
  if (is_object) {
    for (const Json& item : items) set(item[0].text(), item[1]);
  } else {
    value_ = Array(items);
  }
}

bool Json::is_number_unsigned() const { return is<uint64_t>() || (is<int64_t>() && std::get<int64_t>(value_) >= 0); }

const char* Json::type_name() const {
  constexpr const char* kNames[] = {"null", "boolean", "number", "number", "number", "string", "array", "object"};
  return kNames[value_.index()];
}

void Json::refuse(std::string_view expected) const {
  fail<FileError>("JSON: found ", type_name(), ", expected ", expected);
}

double Json::number() const {
  if (is<double>()) return std::get<double>(value_);
  if (is<int64_t>()) return double(std::get<int64_t>(value_));
  if (is<uint64_t>()) return double(std::get<uint64_t>(value_));
  refuse("a number");
}

const std::string& Json::text() const {
  if (!is_string()) refuse("a string");
  return std::get<std::string>(value_);
}

size_t Json::size() const {
  if (is_array()) return std::get<Array>(value_).size();
  if (is_object()) return std::get<Object>(value_).size();
  return is_null() ? 0 : 1;
}

Json::Array& Json::items_of_array() {
  if (is_null()) value_ = Array();
  if (!is_array()) refuse("an array");
  return std::get<Array>(value_);
}

const Json& Json::at(size_t place) const {
  if (!is_array()) refuse("an array");
  check<FileError>(place < size(), "JSON: an array of ", size(), ", expected an item ", place);
  return std::get<Array>(value_)[place];
}

Json& Json::push_back(Json item) { return items_of_array().emplace_back(std::move(item)); }

Json::Object& Json::fields() {
  if (is_null()) value_ = Object();
  if (!is_object()) refuse("an object");
  return std::get<Object>(value_);
}

const Json::Object& Json::items() const {
  if (!is_object()) refuse("an object");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  const auto found = items().find(name);
  return found == items().end() ? nullptr : &found->second;
}

const Json& Json::at(std::string_view name) const {
  if (!is_object()) refuse("an object");
  const Json* found = find(name);
  check<FileError>(found != nullptr, "JSON: ", in_quotes(name), " is missing");
  return *found;
}

Json& Json::operator[](std::string_view name) {
  Object& all = fields();
  const auto found = all.find(name);
  return found != all.end() ? found->second : all.emplace(name, Json()).first->second;
}

Json& Json::set(std::string name, Json value) {
  return fields().insert_or_assign(std::move(name), std::move(value)).first->second;
}

void Json::update(const Json& more) {
  for (const auto& [name, value] : more.items()) set(name, value);
}

void Json::erase(std::string_view name) {
  Object& all = fields();
  if (const auto found = all.find(name); found != all.end()) all.erase(found);
}

std::ostream& operator<<(std::ostream& out, const Json& json) { return out << json.dump(); }

}  // namespace graft::inline v0
