// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_operators.hpp"

#include <algorithm>
#include <cmath>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0::jinja {
namespace {

[[noreturn]] void refuse(const std::string& name, const Value& a, const Value& b) {
  fail<ArgumentError>("cannot compute ", a.kind(), " ", name, " ", b.kind());
}

bool is_whole(const Value& value) { return value.as<int64_t>() || value.as<bool>(); }
int64_t whole(const Value& value) {
  return value.as<int64_t>() ? *value.as<int64_t>() : static_cast<int64_t>(value.number());
}

// Python's floor: towards minus infinity.
int64_t floor_quotient(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

Value whole_arithmetic(const std::string& name, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflows = false;
  if (name == "+") {
    overflows = __builtin_add_overflow(a, b, &result);
  } else if (name == "-") {
    overflows = __builtin_sub_overflow(a, b, &result);
  } else if (name == "*") {
    overflows = __builtin_mul_overflow(a, b, &result);
  } else {
    check(b != 0, "division by zero");
    overflows = b == -1 && a == INT64_MIN;
    if (!overflows) result = name == "//" ? floor_quotient(a, b) : a - floor_quotient(a, b) * b;
  }
  check(!overflows, a, " ", name, " ", b, " is out of the range of whole numbers");
  return result;
}

Value arithmetic(const std::string& name, const Value& a, const Value& b) {
  if (!a.is_number() || !b.is_number()) refuse(name, a, b);
  if (is_whole(a) && is_whole(b) && name != "/" && name != "**") return whole_arithmetic(name, whole(a), whole(b));
  const double x = a.number(), y = b.number();
  if (name == "+") return x + y;
  if (name == "-") return x - y;
  if (name == "*") return x * y;
  if (name == "**") {
    const double power = std::pow(x, y);
    const bool stays_whole = is_whole(a) && is_whole(b) && y >= 0 && std::fabs(power) < 9e15;
    return stays_whole ? Value(static_cast<int64_t>(power)) : Value(power);
  }
  check(y != 0, "division by zero");
  if (name == "/") return x / y;
  const double quotient = std::floor(x / y);
  return name == "//" ? quotient : x - quotient * y;
}

Value repeated(const Value& value, int64_t times) {
  const size_t count = static_cast<size_t>(std::max<int64_t>(times, 0));
  if (value.text()) {
    check<ResourceError>(value.text()->empty() || count <= kLongestText / value.text()->size(),
                         "a text grows beyond the limit of ", kLongestText, " bytes");
    Text all;
    for (size_t i = 0; i < count && !value.text()->empty(); ++i) all.append(*value.text());
    return all;
  }
  const std::vector<Value>& items = value.list()->items;
  check<ResourceError>(items.empty() || count <= kLongestList / items.size(), "a list of more than ", kLongestList,
                       " items");
  std::vector<Value> all;
  for (size_t i = 0; i < count && !items.empty(); ++i) all.insert(all.end(), items.begin(), items.end());
  return Value::list(std::move(all));
}

Value sum(const Value& a, const Value& b) {
  if (a.text() && b.text()) {
    Text joined = *a.text();
    joined.append(*b.text());
    return joined;
  }
  if (a.list() && b.list()) {
    std::vector<Value> items = a.list()->items;
    items.insert(items.end(), b.list()->items.begin(), b.list()->items.end());
    return Value::list(std::move(items));
  }
  return arithmetic("+", a, b);
}

Value product(const Value& a, const Value& b) {
  if ((a.text() || a.list()) && is_whole(b)) return repeated(a, whole(b));
  if ((b.text() || b.list()) && is_whole(a)) return repeated(b, whole(a));
  return arithmetic("*", a, b);
}

void refuse_undefined(const Value& value, const std::string& what) {
  check(!value.is_undefined(), what, " of an undefined value");
}

// Python's meaning of a bound of a slice, as a place among `size` items.
int64_t bound(const Value& given, int64_t otherwise, int64_t size, int64_t low, int64_t high) {
  if (given.is_undefined() || given.is_none()) return otherwise;
  check(is_whole(given), "a bound of a slice is ", given.kind(), ", expected a whole number");
  int64_t place = whole(given);
  if (place < 0) place = std::max<int64_t>(place, -size - 1) + size;
  return std::clamp(place, low, high);
}

}  // namespace

Value apply_operator(const std::string& name, const Value& a, const Value& b) {
  if (name == "+") return sum(a, b);
  if (name == "~") {
    Text joined = to_text(a);
    joined.append(to_text(b));
    return joined;
  }
  if (name == "==") return equal(a, b);
  if (name == "!=") return !equal(a, b);
  if (name == "in") return contains(b, a);
  if (name == "not in") return !contains(b, a);
  if (name == "<") return compare(a, b) < 0;
  if (name == "<=") return compare(a, b) <= 0;
  if (name == ">") return compare(a, b) > 0;
  if (name == ">=") return compare(a, b) >= 0;
  if (name == "*") return product(a, b);
  return arithmetic(name, a, b);
}

Value negative(const Value& value) {
  if (is_whole(value)) return whole_arithmetic("-", 0, whole(value));
  return -value.number();
}

Value attribute_of(const Value& value, const std::string& name) {
  refuse_undefined(value, in_quotes(name));
  const Value* found = value.map() ? value.map()->find(name) : nullptr;
  return found ? *found : Value();
}

Value item_of(const Value& value, const Value& key) {
  refuse_undefined(value, "an item");
  if (value.map()) {
    for (const auto& [name, item] : value.map()->entries)
      if (equal(name, key)) return item;
    return {};
  }
  if (!is_whole(key)) return {};
  const int64_t size = value.list()   ? static_cast<int64_t>(value.list()->items.size())
                       : value.text() ? static_cast<int64_t>(value.text()->characters())
                                      : 0;
  const int64_t place = whole(key) < 0 ? whole(key) + size : whole(key);
  if (place < 0 || place >= size) return {};
  if (value.list()) return value.list()->items[static_cast<size_t>(place)];
  const size_t begin = value.text()->byte_of_character(static_cast<size_t>(place));
  return value.text()->slice(begin, value.text()->next_character(begin));
}

Value slice_of(const Value& value, const Value& from, const Value& to, const Value& by) {
  check(value.list() || value.text(), "cannot slice ", value.kind(), ", expected a list or a text");
  const int64_t step = by.is_undefined() || by.is_none() ? 1 : bound(by, 1, 0, INT32_MIN, INT32_MAX);
  check(step != 0, "the step of a slice is 0");
  const int64_t size = static_cast<int64_t>(value.list() ? value.list()->items.size() : value.text()->characters());
  const int64_t first = step > 0 ? bound(from, 0, size, 0, size) : bound(from, size - 1, size, -1, size - 1);
  const int64_t last = step > 0 ? bound(to, size, size, 0, size) : bound(to, -1, size, -1, size - 1);
  if (value.text() && step == 1) {
    const size_t begin = value.text()->byte_of_character(static_cast<size_t>(first));
    return value.text()->slice(begin, value.text()->byte_of_character(static_cast<size_t>(last)));
  }
  const std::vector<Value> items = items_of(value);
  std::vector<Value> chosen;
  for (int64_t i = first; step > 0 ? i < last : i > last; i += step) chosen.push_back(items[static_cast<size_t>(i)]);
  if (value.list()) return Value::list(std::move(chosen));
  Text joined;
  for (const Value& character : chosen) joined.append(*character.text());
  return joined;
}

}  // namespace graft::inline v0::jinja
