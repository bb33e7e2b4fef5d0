// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "support/message.hpp"
#include "tokenizers/jinja_library.hpp"
#include "tokenizers/moment.hpp"

namespace graft::inline v0::jinja {
namespace {

int64_t whole(const Value& value, const char* called) {
  check(value.as<int64_t>() != nullptr, called, ": found ", value.kind(), ", expected a whole number");
  return *value.as<int64_t>();
}

Value range(Arguments& arguments) {
  constexpr int64_t kLongest = 100'000;
  check(!arguments.values.empty() && arguments.values.size() <= 3, "range: expected 1 to 3 whole numbers");
  const bool one = arguments.values.size() == 1;
  const int64_t from = one ? 0 : whole(arguments.values[0], "range");
  const int64_t to = whole(arguments.values[one ? 0 : 1], "range");
  const int64_t step = arguments.values.size() == 3 ? whole(arguments.values[2], "range") : 1;
  check(step != 0, "range: the step is 0");
  std::vector<Value> items;
  for (int64_t i = from; step > 0 ? i < to : i > to;) {
    check<ResourceError>(static_cast<int64_t>(items.size()) < kLongest, "range: more than ", kLongest, " numbers");
    items.push_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return Value::list(std::move(items));
}

// Of a map, and of names: namespace(a=1), dict(a=1).
Value named_values(Arguments& arguments, Map::Role role) {
  std::vector<Entry> entries;
  if (!arguments.values.empty() && arguments.values[0].map()) entries = arguments.values[0].map()->entries;
  Value made = Value::map({}, Map::names);
  for (const auto& [key, value] : entries) made.set(to_text(key).bytes(), value);
  for (const auto& [name, value] : arguments.named) made.set(name, value);
  return role == Map::names ? made : Value::map(made.map()->entries);
}

[[noreturn]] Value raise_exception(Arguments& arguments) {
  fail<ArgumentError>(to_text(arguments.get(0, "message")).bytes());
}

}  // namespace

std::vector<std::pair<std::string, Value>> global_functions(const std::string& now) {
  return {
      {"raise_exception", Function(raise_exception)},
      {"range", Function(range)},
      {"namespace", Function([](Arguments& arguments) { return named_values(arguments, Map::names); })},
      {"dict", Function([](Arguments& arguments) { return named_values(arguments, Map::plain); })},
      {"strftime_now", Function([now](Arguments& arguments) -> Value {
         return Text(format_moment(now.empty() ? current_moment() : parse_moment(now),
                                   to_text(arguments.get(0, "format")).bytes()));
       })},
  };
}

}  // namespace graft::inline v0::jinja
