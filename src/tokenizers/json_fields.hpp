// SPDX-License-Identifier: Apache-2.0
//
// Fields of JSON objects, with errors that name the field, what was found and what was expected.
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

template <class T>
std::optional<T> as(const Json& value) {
  if constexpr (std::is_same_v<T, bool>) {
    if (value.is_boolean()) return value.get<bool>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (value.is_string()) return value.get<std::string>();
  } else {
    static_assert(std::is_same_v<T, int32_t>);
    if (value.is_number_integer() && value.get<int64_t>() >= INT32_MIN && value.get<int64_t>() <= INT32_MAX)
      return static_cast<int32_t>(value.get<int64_t>());
  }
  return std::nullopt;
}

template <class T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  return "a whole number";
}

// The member of an object, or null where there is none or `object` is no object.
inline const Json& member(const Json& object, const char* name) {
  static const Json null;
  const auto at = object.is_object() ? object.find(name) : object.end();
  return at == object.end() ? null : *at;
}

template <class T>
T read(const Json& object, const char* name, const std::string& where) {
  const std::optional<T> value = as<T>(member(object, name));
  check<FileError>(value.has_value(), where, ".", name, ": found ", member(object, name).type_name(), ", expected ",
                   type_name<T>());
  return *value;
}

// `otherwise` where the member is absent or null.
template <class T>
T read_or(const Json& object, const char* name, T otherwise, const std::string& where) {
  return member(object, name).is_null() ? otherwise : read<T>(object, name, where);
}

inline const Json& read_array(const Json& object, const char* name, const std::string& where) {
  const Json& array = member(object, name);
  check<FileError>(array.is_array(), where, ".", name, ": found ", array.type_name(), ", expected an array");
  return array;
}

}  // namespace graft::v0
