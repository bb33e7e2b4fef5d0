// SPDX-License-Identifier: Apache-2.0
//
// Filters of single values; those of lists are in jinja_filters_list.cpp.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/jinja_filters_list.hpp"
#include "tokenizers/jinja_json.hpp"
#include "tokenizers/jinja_library.hpp"

namespace graft::inline v0::jinja {
namespace {

int64_t whole(const Value& value, int64_t otherwise) {
  return value.is_number() ? static_cast<int64_t>(std::clamp(value.number(), -1e9, 1e9)) : otherwise;
}

Value trim_filter(const Value& subject, const Arguments& arguments) {
  const Value set = arguments.get(0, "chars");
  return strip(to_text(subject), set.text() ? &set.text()->bytes() : nullptr, true, true);
}

Value default_filter(const Value& subject, const Arguments& arguments) {
  const bool also_false = arguments.get(1, "boolean", false).is_true();
  return subject.is_undefined() || (also_false && !subject.is_true()) ? arguments.get(0, "default_value", Text())
                                                                      : subject;
}

Value replace_filter(const Value& subject, const Arguments& arguments) {
  const Value count = arguments.get(2, "count");
  return replace(to_text(subject), to_text(arguments.get(0, "old")).bytes(), to_text(arguments.get(1, "new")),
                 count.is_number() ? static_cast<size_t>(std::max<int64_t>(whole(count, 0), 0)) : SIZE_MAX);
}

Value length_filter(const Value& subject, const Arguments&) {
  if (subject.text()) return static_cast<int64_t>(subject.text()->characters());
  if (subject.list()) return static_cast<int64_t>(subject.list()->items.size());
  if (subject.map()) return static_cast<int64_t>(subject.map()->entries.size());
  check(subject.is_undefined(), subject.kind(), " has no length");
  return int64_t{0};
}

Value tojson_filter(const Value& subject, const Arguments& arguments) {
  JsonStyle style;
  const Value indent = arguments.get(0, "indent"), separators = arguments.get(2, "separators");
  if (indent.is_number()) {
    style.indent = static_cast<int>(std::clamp<int64_t>(whole(indent, 0), 0, 32));
    style.item_separator = ",";
  }
  if (separators.list() && separators.list()->items.size() == 2) {
    style.item_separator = to_text(separators.list()->items[0]);
    style.key_separator = to_text(separators.list()->items[1]);
  }
  style.only_ascii = arguments.get(1, "ensure_ascii", false).is_true();
  style.sort_keys = arguments.get(3, "sort_keys", false).is_true();
  return to_json(subject, style);
}

// The number at the very beginning and end of a text, as int() and float() of Python read it.
const char* trimmed_number(const Text& text, std::string& storage) {
  storage = strip(text, nullptr, true, true).bytes();
  if (!storage.empty() && storage[0] == '+') storage.erase(0, 1);
  return storage.data() + storage.size();
}

Value float_filter(const Value& subject, const Arguments& arguments) {
  if (subject.is_number()) return subject.number();
  std::string storage;
  double number = 0;
  const char* end = trimmed_number(to_text(subject), storage);
  const auto read = std::from_chars(storage.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? Value(number) : arguments.get(0, "default", 0.0);
}

Value int_filter(const Value& subject, const Arguments& arguments) {
  if (subject.as<int64_t>()) return subject;
  std::string storage;
  int64_t integer = 0;
  const char* end = trimmed_number(to_text(subject), storage);
  const auto read = std::from_chars(storage.data(), end, integer);
  if (subject.text() && read.ec == std::errc() && read.ptr == end) return integer;
  const Value real = float_filter(subject, {});
  const bool fits = std::isfinite(real.number()) && std::fabs(real.number()) < 9e18;
  if (subject.is_number() || real.number() != 0)
    return fits ? Value(static_cast<int64_t>(real.number())) : arguments.get(0, "default", int64_t{0});
  return arguments.get(0, "default", int64_t{0});
}

Value round_filter(const Value& subject, const Arguments& arguments) {
  const double scale = std::pow(10.0, static_cast<double>(whole(arguments.get(0, "precision"), 0)));
  const std::string method = to_text(arguments.get(1, "method", "common")).bytes();
  const double scaled = subject.number() * scale;
  const double rounded = method == "ceil"    ? std::ceil(scaled)
                         : method == "floor" ? std::floor(scaled)
                                             : std::nearbyint(scaled);
  return rounded / scale;
}

Value abs_filter(const Value& subject, const Arguments&) {
  if (subject.as<int64_t>() && *subject.as<int64_t>() != INT64_MIN) return std::abs(*subject.as<int64_t>());
  return std::fabs(subject.number());
}

Value title_filter(const Value& subject, const Arguments&) {
  return title(to_text(subject), [](char32_t c) {
    return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || c == ' ' || (c >= '\t' && c <= '\r');
  });
}

// Puts spaces before every line but the first, which `first` includes, and empty ones, which `blank` includes.
Value indent_filter(const Value& subject, const Arguments& arguments) {
  const Value width = arguments.get(0, "width", int64_t{4});
  const bool first = arguments.get(1, "first", false).is_true(), blank = arguments.get(2, "blank", false).is_true();
  const Text margin = width.text()
                          ? *width.text()
                          : Text(std::string(static_cast<size_t>(std::clamp<int64_t>(whole(width, 4), 0, 64)), ' '));
  Text result;
  const std::vector<Text> lines = split(to_text(subject), "\n", SIZE_MAX);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) result.append("\n");
    if (i == 0 ? first : blank || !lines[i].empty()) result.append(margin);
    result.append(lines[i]);
  }
  return result;
}

struct Filter {
  const char* name;
  Value (*apply)(const Value&, const Arguments&);
};

constexpr Filter kFilters[] = {
    {"abs", abs_filter},
    {"capitalize", [](const Value& v, const Arguments&) -> Value { return capitalize(to_text(v)); }},
    {"count", length_filter},
    {"d", default_filter},
    {"default", default_filter},
    {"float", float_filter},
    {"indent", indent_filter},
    {"int", int_filter},
    {"length", length_filter},
    {"lower", [](const Value& v, const Arguments&) -> Value { return lower(to_text(v)); }},
    {"replace", replace_filter},
    {"round", round_filter},
    {"safe", [](const Value& v, const Arguments&) { return v; }},
    {"string", [](const Value& v, const Arguments&) -> Value { return to_text(v); }},
    {"title", title_filter},
    {"tojson", tojson_filter},
    {"trim", trim_filter},
    {"upper", [](const Value& v, const Arguments&) -> Value { return upper(to_text(v)); }},
};

}  // namespace

Value apply_filter(const std::string& name, const Value& subject, const Arguments& arguments) {
  for (const Filter& filter : kFilters)
    if (name == filter.name) return filter.apply(subject, arguments);
  if (std::optional<Value> result = apply_list_filter(name, subject, arguments)) return std::move(*result);
  fail<UnsupportedError>("the filter ", in_quotes(name), " is not supported");
}

}  // namespace graft::inline v0::jinja
