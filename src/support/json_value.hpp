// SPDX-License-Identifier: Apache-2.0
//
// A value of JSON. It is destroyed and moved without allocating, so that memory that runs out is always an exception.
// A field that is missing and a value of another kind throw FileError.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <map>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace graft::inline v0 {

class Json;
template <class T>
concept JsonNumber = std::integral<T> || std::floating_point<T>;  // true and false, too
template <class T>
concept JsonList =
    !std::same_as<T, Json> && !std::constructible_from<std::string, const T&> && std::ranges::input_range<const T>;

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;  // in one order, so that equal values give equal files

  Json() noexcept = default;  // null
  Json(std::nullptr_t) noexcept {}
  template <JsonNumber T>
  Json(T number) noexcept;
  Json(std::string text) noexcept : value_(std::move(text)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}
  Json(Array items) noexcept : value_(std::move(items)) {}
  Json(Object fields) noexcept : value_(std::move(fields)) {}
  // A list, or a map with texts as its keys.
  template <JsonList T>
  Json(const T& list);
  // An array; an object where every item is an array of two and the first of them a text.
  Json(std::initializer_list<Json> items);
  static Json array(std::initializer_list<Json> items = {}) { return Array(items); }
  static Json object() { return Object(); }

  Json(const Json&) = default;
  Json(Json&&) noexcept = default;
  // By value: what is assigned may be a part of this.
  Json& operator=(Json other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Json() = default;

  bool is_null() const { return is<std::nullptr_t>(); }
  bool is_boolean() const { return is<bool>(); }
  bool is_number() const { return is_number_integer() || is_number_float(); }
  bool is_number_integer() const { return is<int64_t>() || is<uint64_t>(); }
  bool is_number_unsigned() const;  // an integer that is not negative
  bool is_number_float() const { return is<double>(); }
  bool is_string() const { return is<std::string>(); }
  bool is_array() const { return is<Array>(); }
  bool is_object() const { return is<Object>(); }
  const char* type_name() const;

  // A number only where T holds it; lists and pairs of arrays.
  template <class T>
  T get() const;
  const std::string& text() const;

  // Of arrays and objects; null has 0, all else 1.
  size_t size() const;
  bool empty() const { return size() == 0; }

  // Arrays; null is an empty one, and becomes one where it is added to.
  Json* begin() { return is_null() ? nullptr : items_of_array().data(); }
  Json* end() { return begin() + size(); }
  const Json* begin() const { return const_cast<Json*>(this)->begin(); }
  const Json* end() const { return const_cast<Json*>(this)->end(); }
  const Json& at(size_t place) const;
  const Json& operator[](size_t place) const { return at(place); }
  Json& operator[](size_t place) { return const_cast<Json&>(at(place)); }
  Json& push_back(Json item);

  // Objects; null becomes one where a field is set.
  const Object& items() const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  const Json* find(std::string_view name) const;  // null: there is none, also in what is no object
  const Json& at(std::string_view name) const;
  const Json& operator[](std::string_view name) const { return at(name); }
  Json& operator[](std::string_view name);  // null where there was none
  template <class T>
  T value(std::string_view name, T otherwise) const;
  std::string value(std::string_view name, const char* otherwise) const { return value(name, std::string(otherwise)); }
  Json& set(std::string name, Json value);
  void update(const Json& fields);
  void erase(std::string_view name);

  // Numbers are equal by what they are, not by their kind.
  friend bool operator==(const Json& a, const Json& b) {
    const bool is_mixed = a.is_number() && b.is_number() && a.is_number_float() != b.is_number_float();
    return is_mixed ? a.number() == b.number() : a.value_ == b.value_;
  }

  enum class InvalidUtf8 { refused, replaced };  // by U+FFFD
  // The text: on one line, or with `indent` spaces a level. Numbers have the fewest digits that read back the same;
  // those that are not finite are null.
  std::string dump(int indent = -1, InvalidUtf8 invalid = InvalidUtf8::refused) const;

 private:
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(value_);
  }
  template <std::integral T>
  T integer() const;
  double number() const;
  Array& items_of_array();
  Object& fields();
  [[noreturn]] void refuse(std::string_view expected) const;

  // An integer is unsigned only where int64_t does not hold it.
  std::variant<std::nullptr_t, bool, int64_t, uint64_t, double, std::string, Array, Object> value_;
};

std::ostream& operator<<(std::ostream& out, const Json& json);

template <JsonNumber T>
Json::Json(T number) noexcept {
  if constexpr (std::same_as<T, bool>) {
    value_ = number;
  } else if constexpr (std::floating_point<T>) {
    value_ = double(number);
  } else if (std::in_range<int64_t>(number)) {
    value_ = int64_t(number);
  } else {
    value_ = uint64_t(number);
  }
}

template <JsonList T>
Json::Json(const T& list) {
  if constexpr (requires { typename T::mapped_type; }) {
    Object fields;
    for (const auto& [name, value] : list) fields.emplace(name, value);
    value_ = std::move(fields);
  } else {
    Array items;
    for (const auto& item : list) items.emplace_back(item);
    value_ = std::move(items);
  }
}

template <std::integral T>
T Json::integer() const {
  if (const auto* small = std::get_if<int64_t>(&value_); small && std::in_range<T>(*small)) return T(*small);
  if (const auto* large = std::get_if<uint64_t>(&value_); large && std::in_range<T>(*large)) return T(*large);
  constexpr double kFirst = double(std::numeric_limits<T>::min()), kBehind = double(std::numeric_limits<T>::max()) + 1;
  if (const auto* real = std::get_if<double>(&value_); real && *real >= kFirst && *real < kBehind)
    if (*real == double(T(*real))) return T(*real);
  refuse("an integer of " + std::to_string(8 * sizeof(T)) + " bits");
}

template <class T>
T Json::get() const {
  if constexpr (std::same_as<T, Json>) {
    return *this;
  } else if constexpr (std::same_as<T, std::string>) {
    return text();
  } else if constexpr (std::same_as<T, bool>) {
    if (!is_boolean()) refuse("true or false");
    return std::get<bool>(value_);
  } else if constexpr (std::floating_point<T>) {
    return T(number());
  } else if constexpr (std::integral<T>) {
    return integer<T>();
  } else if constexpr (std::ranges::range<T>) {
    T result;
    for (const Json& item : *this) result.push_back(item.get<typename T::value_type>());
    return result;
  } else {
    return {at(0).get<typename T::first_type>(), at(1).get<typename T::second_type>()};
  }
}

template <class T>
T Json::value(std::string_view name, T otherwise) const {
  if (!is_object()) refuse("an object");
  const Json* found = find(name);
  return found ? found->get<T>() : std::move(otherwise);
}

}  // namespace graft::inline v0
