// SPDX-License-Identifier: Apache-2.0
//
// The values of a template, with the meaning that Python gives them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tokenizers/jinja_text.hpp"

namespace graft::inline v0::jinja {

class Value;
struct Arguments;
using Entry = std::pair<Value, Value>;

inline constexpr size_t kLongestList = 1'000'000;

struct Undefined {
  bool operator==(const Undefined&) const = default;
};
struct None {
  bool operator==(const None&) const = default;
};

// Shared, since templates pass conversations around; only a namespace ever changes.
struct List {
  std::vector<Value> items;
  int depth = 1;  // of nesting
};
struct Map {
  enum Role : uint8_t { plain, names, loop } role = plain;  // names: made by namespace()
  std::vector<Entry> entries;                               // in the order of insertion
  int depth = 1;
  const Value* find(std::string_view key) const;
};
using Function = std::function<Value(Arguments&)>;

class Value {
 public:
  Value() : data_(Undefined{}) {}
  Value(None) : data_(None{}) {}
  Value(bool value) : data_(value) {}
  Value(int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(Text text) : data_(std::make_shared<const Text>(std::move(text))) {}
  Value(const char* text) : Value(Text(text)) {}
  Value(Function function) : data_(std::make_shared<const Function>(std::move(function))) {}
  // ResourceError: nested too deep, or too long.
  static Value list(std::vector<Value> items);
  static Value map(std::vector<Entry> entries, Map::Role role = Map::plain);

  template <class T>
  const T* as() const {
    return std::get_if<T>(&data_);
  }
  const Text* text() const { return pointer<const Text>(); }
  const List* list() const { return pointer<const List>(); }
  const Map* map() const { return pointer<Map>(); }
  const Function* function() const { return pointer<const Function>(); }
  bool is_undefined() const { return as<Undefined>(); }
  bool is_none() const { return as<None>(); }
  bool is_number() const { return as<int64_t>() || as<double>() || as<bool>(); }
  // Also of true and false.
  double number() const;

  bool is_true() const;
  int depth() const;
  bool same_object(const Value& other) const { return data_ == other.data_; }
  const char* kind() const;  // for messages: "a text"

  // Sets a name of a namespace.
  void set(const std::string& name, Value value) const;

 private:
  template <class T>
  T* pointer() const {
    const auto* shared = std::get_if<std::shared_ptr<T>>(&data_);
    return shared ? shared->get() : nullptr;
  }
  template <class T>
  explicit Value(std::shared_ptr<T> shared) : data_(std::move(shared)) {}

  std::variant<Undefined, None, bool, int64_t, double, std::shared_ptr<const Text>, std::shared_ptr<const List>,
               std::shared_ptr<Map>, std::shared_ptr<const Function>>
      data_;
};

// The arguments of a call.
struct Arguments {
  std::string called;  // for messages
  std::vector<Value> values;
  std::vector<std::pair<std::string, Value>> named;

  // The argument at a place, or of a name; `otherwise` when it was not given.
  Value get(size_t place, std::string_view name, Value otherwise = {}) const;
};

bool equal(const Value& a, const Value& b);
// Negative, zero or positive; numbers and texts have an order, other values are refused.
int compare(const Value& a, const Value& b);
// What str() gives: a text is itself.
Text to_text(const Value& value);
// What iteration yields: items of a list, keys of a map, characters of a text.
std::vector<Value> items_of(const Value& value);
bool contains(const Value& container, const Value& item);

}  // namespace graft::inline v0::jinja
