// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_value.hpp"

#include <algorithm>

#include "support/message.hpp"
#include "tokenizers/jinja_number.hpp"

namespace graft::inline v0::jinja {
namespace {

constexpr int kDeepest = 200;

void check_depth(int depth) {
  check<ResourceError>(depth <= kDeepest, "a value is nested more than ", kDeepest, " levels deep");
}

// A text inside a list or a map, as repr() writes it.
Text quoted(const Text& text) {
  const std::string& bytes = text.bytes();
  const bool doubled = bytes.find('\'') != std::string::npos && bytes.find('"') == std::string::npos;
  const char quote = doubled ? '"' : '\'';
  Text result(std::string(1, quote));
  for (size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (c == '\n') {
      result.append("\\n");
    } else if (c == '\t') {
      result.append("\\t");
    } else if (c == '\r') {
      result.append("\\r");
    } else {
      if (c == quote || c == '\\') result.append("\\");
      result.append(text.slice(at, at + 1));
    }
  }
  result.append(std::string_view(&quote, 1));
  return result;
}

Text inner_text(const Value& value) { return value.text() ? quoted(*value.text()) : to_text(value); }

Text list_text(const List& list) {
  Text result("[");
  for (size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) result.append(", ");
    result.append(inner_text(list.items[i]));
  }
  result.append("]");
  return result;
}

Text map_text(const Map& map) {
  Text result("{");
  for (size_t i = 0; i < map.entries.size(); ++i) {
    if (i > 0) result.append(", ");
    result.append(inner_text(map.entries[i].first));
    result.append(": ");
    result.append(inner_text(map.entries[i].second));
  }
  result.append("}");
  return result;
}

bool equal_maps(const Map& a, const Map& b) {
  if (a.entries.size() != b.entries.size()) return false;
  return std::all_of(a.entries.begin(), a.entries.end(), [&](const Entry& entry) {
    return std::any_of(b.entries.begin(), b.entries.end(), [&](const Entry& other) {
      return equal(entry.first, other.first) && equal(entry.second, other.second);
    });
  });
}

}  // namespace

const Value* Map::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name.text() && name.text()->bytes() == key) return &value;
  return nullptr;
}

Value Value::list(std::vector<Value> items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  check_depth(depth + 1);
  check<ResourceError>(items.size() <= kLongestList, "a list of more than ", kLongestList, " items");
  return Value(std::make_shared<const List>(List{std::move(items), depth + 1}));
}

Value Value::map(std::vector<Entry> entries, Map::Role role) {
  int depth = 0;
  for (const auto& [key, value] : entries) {
    check(!key.list() && !key.map(), "a key of a map is ", key.kind(), ", expected a text or a number");
    depth = std::max(depth, value.depth());
  }
  check_depth(depth + 1);
  return Value(std::make_shared<Map>(Map{role, std::move(entries), depth + 1}));
}

double Value::number() const {
  if (const int64_t* integer = as<int64_t>()) return static_cast<double>(*integer);
  if (const double* real = as<double>()) return *real;
  const bool* truth = as<bool>();
  check(truth != nullptr, "found ", kind(), ", expected a number");
  return *truth ? 1 : 0;
}

bool Value::is_true() const {
  if (is_undefined() || is_none()) return false;
  if (is_number()) return number() != 0;
  if (text()) return !text()->empty();
  if (list()) return !list()->items.empty();
  return !map() || map()->role != Map::plain || !map()->entries.empty();
}

int Value::depth() const {
  if (list()) return list()->depth;
  return map() ? map()->depth : 0;
}

const char* Value::kind() const {
  constexpr const char* kKinds[] = {"undefined", "none",   "true or false", "a whole number", "a number",
                                    "a text",    "a list", "a map",         "a function"};
  return kKinds[data_.index()];
}

void Value::set(const std::string& name, Value value) const {
  Map* names = pointer<Map>();
  check(names && names->role == Map::names, "'", name, "' is set on ", kind(), ", expected a namespace");
  // A namespace that holds itself would never be freed, and never end when printed; a function may refer to variables
  // that end before the namespace does.
  const auto holds_names = [](const auto& self, const Value& v) -> bool {
    if (v.function()) return true;
    if (v.list())
      return std::any_of(v.list()->items.begin(), v.list()->items.end(), [&](const Value& i) { return self(self, i); });
    if (!v.map()) return false;
    return v.map()->role == Map::names || std::any_of(v.map()->entries.begin(), v.map()->entries.end(),
                                                      [&](const Entry& e) { return self(self, e.second); });
  };
  check<UnsupportedError>(!holds_names(holds_names, value),
                          "a namespace or a function inside a namespace is not supported");
  check_depth(value.depth() + 1);
  names->depth = std::max(names->depth, value.depth() + 1);
  for (auto& [key, old] : names->entries)
    if (key.text()->bytes() == name) {
      old = std::move(value);
      return;
    }
  names->entries.emplace_back(Text(name), std::move(value));
}

Value Arguments::get(size_t place, std::string_view name, Value otherwise) const {
  if (place < values.size()) return values[place];
  for (const auto& [given, value] : named)
    if (given == name) return value;
  return otherwise;
}

bool equal(const Value& a, const Value& b) {
  if (a.as<int64_t>() && b.as<int64_t>()) return *a.as<int64_t>() == *b.as<int64_t>();
  if (a.is_number() && b.is_number()) return a.number() == b.number();
  if (a.text() && b.text()) return a.text()->bytes() == b.text()->bytes();
  if (a.list() && b.list())
    return std::equal(a.list()->items.begin(), a.list()->items.end(), b.list()->items.begin(), b.list()->items.end(),
                      [](const Value& x, const Value& y) { return equal(x, y); });
  if (a.map() && b.map()) return equal_maps(*a.map(), *b.map());
  return a.same_object(b);
}

int compare(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return a.number() < b.number() ? -1 : a.number() > b.number();
  check(a.text() && b.text(), "cannot compare ", a.kind(), " with ", b.kind());
  return a.text()->bytes().compare(b.text()->bytes());
}

Text to_text(const Value& value) {
  if (value.text()) return *value.text();
  if (value.is_undefined()) return {};
  if (value.is_none()) return "None";
  if (const bool* truth = value.as<bool>()) return *truth ? "True" : "False";
  if (const int64_t* integer = value.as<int64_t>()) return std::to_string(*integer);
  if (const double* real = value.as<double>()) return number_text(*real);
  if (value.list()) return list_text(*value.list());
  if (value.map()) return map_text(*value.map());
  return "<function>";
}

std::vector<Value> items_of(const Value& value) {
  std::vector<Value> items;
  if (value.is_undefined()) return items;
  if (value.list()) return value.list()->items;
  if (value.map()) {
    for (const Entry& entry : value.map()->entries) items.push_back(entry.first);
    return items;
  }
  check(value.text() != nullptr, "cannot go through ", value.kind(), ", expected a list, a map or a text");
  const Text& text = *value.text();
  for (size_t at = 0, next = 0; at < text.size(); at = next) {
    next = text.next_character(at);
    check<ResourceError>(items.size() < kLongestList, "a list of more than ", kLongestList, " items");
    items.push_back(text.slice(at, next));
  }
  return items;
}

bool contains(const Value& container, const Value& item) {
  if (container.text()) {
    check(item.text() != nullptr, "cannot look for ", item.kind(), " in a text");
    return container.text()->bytes().find(item.text()->bytes()) != std::string::npos;
  }
  const std::vector<Value> items = items_of(container);
  return std::any_of(items.begin(), items.end(), [&](const Value& other) { return equal(other, item); });
}

}  // namespace graft::inline v0::jinja
