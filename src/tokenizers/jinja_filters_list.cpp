// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_filters_list.hpp"

#include <algorithm>

#include "support/message.hpp"
#include "tokenizers/jinja_library.hpp"
#include "tokenizers/jinja_operators.hpp"

namespace graft::inline v0::jinja {
namespace {

// What items are compared by: their attribute if one is named, and texts without regard to case unless asked.
Value sort_key(const Value& item, const Arguments& arguments, size_t case_place, size_t attribute_place) {
  const Value attribute = arguments.get(attribute_place, "attribute");
  Value key = attribute.text() ? path_of(item, attribute.text()->bytes()) : item;
  const bool case_sensitive = arguments.get(case_place, "case_sensitive", false).is_true();
  return key.text() && !case_sensitive ? Value(lower(*key.text())) : key;
}

Value join_filter(const Value& subject, const Arguments& arguments) {
  const Text separator = to_text(arguments.get(0, "d", Text()));
  const Value attribute = arguments.get(1, "attribute");
  Text joined;
  bool first = true;
  for (const Value& item : items_of(subject)) {
    if (!std::exchange(first, false)) joined.append(separator);
    joined.append(to_text(attribute.text() ? path_of(item, attribute.text()->bytes()) : item));
  }
  return joined;
}

Value list_filter(const Value& subject, const Arguments&) { return Value::list(items_of(subject)); }

Value first_filter(const Value& subject, const Arguments&) {
  const std::vector<Value> items = items_of(subject);
  return items.empty() ? Value() : items.front();
}

Value last_filter(const Value& subject, const Arguments&) {
  const std::vector<Value> items = items_of(subject);
  return items.empty() ? Value() : items.back();
}

Value reverse_filter(const Value& subject, const Arguments&) {
  std::vector<Value> items = items_of(subject);
  std::reverse(items.begin(), items.end());
  if (!subject.text()) return Value::list(std::move(items));
  Text joined;
  for (const Value& item : items) joined.append(*item.text());
  return joined;
}

Value sort_filter(const Value& subject, const Arguments& arguments) {
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& item : items_of(subject)) keyed.emplace_back(sort_key(item, arguments, 1, 2), std::move(item));
  const bool reverse = arguments.get(0, "reverse", false).is_true();
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? compare(b.first, a.first) < 0 : compare(a.first, b.first) < 0;
  });
  std::vector<Value> sorted;
  for (auto& [key, item] : keyed) sorted.push_back(std::move(item));
  return Value::list(std::move(sorted));
}

Value unique_filter(const Value& subject, const Arguments& arguments) {
  std::vector<Value> keys, items;
  for (const Value& item : items_of(subject)) {
    const Value key = sort_key(item, arguments, 0, 1);
    if (std::any_of(keys.begin(), keys.end(), [&](const Value& known) { return equal(known, key); })) continue;
    check<ResourceError>(keys.size() < 10'000, "unique: more than 10000 different items");
    keys.push_back(key);
    items.push_back(item);
  }
  return Value::list(std::move(items));
}

template <bool largest>
Value extreme_filter(const Value& subject, const Arguments& arguments) {
  Value best, best_key;
  bool first = true;
  for (const Value& item : items_of(subject)) {
    const Value key = sort_key(item, arguments, 0, 1);
    if (!first && (largest ? compare(key, best_key) <= 0 : compare(key, best_key) >= 0)) continue;
    best = item;
    best_key = key;
    first = false;
  }
  return best;
}

Value sum_filter(const Value& subject, const Arguments& arguments) {
  const Value attribute = arguments.get(0, "attribute");
  Value total = arguments.get(1, "start", int64_t{0});
  for (const Value& item : items_of(subject))
    total = apply_operator("+", total, attribute.text() ? path_of(item, attribute.text()->bytes()) : item);
  return total;
}

Value items_filter(const Value& subject, const Arguments&) {
  if (subject.is_undefined()) return Value::list({});
  return call_method(subject, "items", {});
}

Value dictsort_filter(const Value& subject, const Arguments& arguments) {
  const bool by_value = to_text(arguments.get(1, "by", "key")).bytes() == "value";
  Arguments how;
  how.called = "dictsort";
  how.values = {arguments.get(2, "reverse", false), arguments.get(0, "case_sensitive", false), by_value ? "1" : "0"};
  return sort_filter(items_filter(subject, {}), how);
}

// map(attribute='name', default=…) or map('filter', arguments …)
Value map_filter(const Value& subject, const Arguments& arguments) {
  const Value attribute = arguments.values.empty() ? arguments.get(0, "attribute") : Value();
  const Value otherwise = arguments.get(SIZE_MAX, "default");
  check(attribute.text() || !arguments.values.empty(), "map: expected a filter or attribute=…");
  Arguments rest;
  if (!attribute.text()) rest.values.assign(arguments.values.begin() + 1, arguments.values.end());
  if (!attribute.text()) rest.named = arguments.named;
  std::vector<Value> mapped;
  for (const Value& item : items_of(subject)) {
    Value value = attribute.text() ? path_of(item, attribute.text()->bytes())
                                   : apply_filter(to_text(arguments.values[0]).bytes(), item, rest);
    mapped.push_back(attribute.text() && value.is_undefined() ? otherwise : std::move(value));
  }
  return Value::list(std::move(mapped));
}

// select('test', …) and selectattr('attribute', 'test', …); without a test, what is true.
template <bool with_attribute, bool keeps>
Value select_filter(const Value& subject, const Arguments& arguments) {
  constexpr size_t kTest = with_attribute ? 1 : 0;
  check(!with_attribute || !arguments.values.empty(), "selectattr: expected an attribute");
  Arguments rest;
  if (arguments.values.size() > kTest)
    rest.values.assign(arguments.values.begin() + static_cast<ptrdiff_t>(kTest) + 1, arguments.values.end());
  std::vector<Value> chosen;
  for (const Value& item : items_of(subject)) {
    const Value value = with_attribute ? path_of(item, to_text(arguments.values[0]).bytes()) : item;
    const bool holds = arguments.values.size() > kTest
                           ? apply_test(to_text(arguments.values[kTest]).bytes(), value, rest)
                           : value.is_true();
    if (holds == keeps) chosen.push_back(item);
  }
  return Value::list(std::move(chosen));
}

struct ListFilter {
  const char* name;
  Value (*apply)(const Value&, const Arguments&);
};

constexpr ListFilter kListFilters[] = {
    {"dictsort", dictsort_filter},
    {"first", first_filter},
    {"items", items_filter},
    {"join", join_filter},
    {"last", last_filter},
    {"list", list_filter},
    {"map", map_filter},
    {"max", extreme_filter<true>},
    {"min", extreme_filter<false>},
    {"reject", select_filter<false, false>},
    {"rejectattr", select_filter<true, false>},
    {"reverse", reverse_filter},
    {"select", select_filter<false, true>},
    {"selectattr", select_filter<true, true>},
    {"sort", sort_filter},
    {"sum", sum_filter},
    {"unique", unique_filter},
};

}  // namespace

std::optional<Value> apply_list_filter(const std::string& name, const Value& subject, const Arguments& arguments) {
  for (const ListFilter& filter : kListFilters)
    if (name == filter.name) return filter.apply(subject, arguments);
  return std::nullopt;
}

Value path_of(Value value, const std::string& path) {
  for (const Text& part : split(path, ".", SIZE_MAX)) {
    const std::string& name = part.bytes();
    const bool is_place =
        !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
    if (value.is_undefined()) return value;
    value = is_place && value.list() ? item_of(value, int64_t{std::stoi(name)}) : attribute_of(value, name);
  }
  return value;
}

}  // namespace graft::inline v0::jinja
