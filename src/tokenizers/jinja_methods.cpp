// SPDX-License-Identifier: Apache-2.0
//
// Methods of texts, lists, maps and loops.
#include <algorithm>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/jinja_library.hpp"
#include "tokenizers/jinja_operators.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0::jinja {
namespace {

const Text& text_argument(const Arguments& arguments, size_t place, const char* name) {
  check(place < arguments.values.size() && arguments.values[place].text(), arguments.called, ": ", name, " is ",
        place < arguments.values.size() ? arguments.values[place].kind() : "missing", ", expected a text");
  return *arguments.values[place].text();
}

size_t count_argument(const Arguments& arguments, size_t place, const char* name) {
  const Value count = arguments.get(place, name);
  return count.is_number() && count.number() >= 0 ? static_cast<size_t>(std::min(count.number(), 1e9)) : SIZE_MAX;
}

Value strip_method(const Text& text, const Arguments& arguments, bool left, bool right) {
  const Value set = arguments.get(0, "chars");
  return strip(text, set.text() ? &set.text()->bytes() : nullptr, left, right);
}

Value split_method(const Text& text, const Arguments& arguments, bool from_right) {
  const Value separator = arguments.get(0, "sep");
  const size_t count = count_argument(arguments, 1, "maxsplit");
  std::vector<Text> parts;
  if (!separator.text()) {
    parts = split_words(text, count);
  } else {
    check(!separator.text()->empty(), arguments.called, ": the separator is empty");
    parts = from_right ? split_from_right(text, separator.text()->bytes(), count)
                       : split(text, separator.text()->bytes(), count);
  }
  return Value::list({std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end())});
}

// With one text or any of a list of them.
bool is_at_end(const Text& text, const Arguments& arguments, bool begin) {
  const Value wanted = arguments.get(0, "prefix");
  const std::vector<Value> all = wanted.list() ? wanted.list()->items : std::vector<Value>{wanted};
  return std::any_of(all.begin(), all.end(), [&](const Value& value) {
    check(value.text() != nullptr, arguments.called, ": found ", value.kind(), ", expected a text");
    const std::string& part = value.text()->bytes();
    return begin ? text.bytes().starts_with(part) : text.bytes().ends_with(part);
  });
}

Value find_method(const Text& text, const Arguments& arguments, bool last) {
  const std::string& part = text_argument(arguments, 0, "text").bytes();
  const size_t at = last ? text.bytes().rfind(part) : text.bytes().find(part);
  return at == std::string::npos ? int64_t{-1} : static_cast<int64_t>(text.slice(0, at).characters());
}

Value remove_method(const Text& text, const Arguments& arguments, bool begin) {
  if (!is_at_end(text, arguments, begin)) return text;
  const size_t size = text_argument(arguments, 0, "text").size();
  return begin ? text.from(size) : text.slice(0, text.size() - size);
}

bool all_of_class(const Text& text, uint8_t wanted) {
  for (size_t at = 0; at < text.size();) {
    const Character c = unicode_table().read(text.bytes(), at);
    if (!(c.classes & wanted)) return false;
    at += c.length;
  }
  return !text.empty();
}

int64_t count_of(const Text& text, const std::string& part) {
  check(!part.empty(), "count: the text is empty");
  int64_t count = 0;
  for (size_t at = text.bytes().find(part); at != std::string::npos; at = text.bytes().find(part, at + part.size()))
    ++count;
  return count;
}

Value join_method(const Text& separator, const Arguments& arguments) {
  Text joined;
  bool first = true;
  for (const Value& item : items_of(arguments.get(0, "iterable"))) {
    check(item.text() != nullptr, "join: found ", item.kind(), ", expected texts");
    if (!std::exchange(first, false)) joined.append(separator);
    joined.append(*item.text());
  }
  return joined;
}

bool not_a_letter(char32_t c) { return !(unicode_table().classes(c) & kLetter); }

struct TextMethod {
  const char* name;
  Value (*call)(const Text&, const Arguments&);
};

constexpr TextMethod kTextMethods[] = {
    {"capitalize", [](const Text& t, const Arguments&) -> Value { return capitalize(t); }},
    {"count",
     [](const Text& t, const Arguments& a) -> Value { return count_of(t, text_argument(a, 0, "text").bytes()); }},
    {"endswith", [](const Text& t, const Arguments& a) -> Value { return is_at_end(t, a, false); }},
    {"find", [](const Text& t, const Arguments& a) { return find_method(t, a, false); }},
    {"isalnum", [](const Text& t, const Arguments&) -> Value { return all_of_class(t, kLetter | kNumber); }},
    {"isalpha", [](const Text& t, const Arguments&) -> Value { return all_of_class(t, kLetter); }},
    {"isdigit", [](const Text& t, const Arguments&) -> Value { return all_of_class(t, kNumber); }},
    {"isspace", [](const Text& t, const Arguments&) -> Value { return all_of_class(t, kSpace); }},
    {"join", join_method},
    {"lower", [](const Text& t, const Arguments&) -> Value { return lower(t); }},
    {"lstrip", [](const Text& t, const Arguments& a) { return strip_method(t, a, true, false); }},
    {"removeprefix", [](const Text& t, const Arguments& a) { return remove_method(t, a, true); }},
    {"removesuffix", [](const Text& t, const Arguments& a) { return remove_method(t, a, false); }},
    {"replace",
     [](const Text& t, const Arguments& a) -> Value {
       return replace(t, text_argument(a, 0, "old").bytes(), text_argument(a, 1, "new"), count_argument(a, 2, "count"));
     }},
    {"rfind", [](const Text& t, const Arguments& a) { return find_method(t, a, true); }},
    {"rsplit", [](const Text& t, const Arguments& a) { return split_method(t, a, true); }},
    {"rstrip", [](const Text& t, const Arguments& a) { return strip_method(t, a, false, true); }},
    {"split", [](const Text& t, const Arguments& a) { return split_method(t, a, false); }},
    {"splitlines",
     [](const Text& t, const Arguments&) {
       std::vector<Text> lines = split_lines(t);
       return Value::list({std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end())});
     }},
    {"startswith", [](const Text& t, const Arguments& a) -> Value { return is_at_end(t, a, true); }},
    {"strip", [](const Text& t, const Arguments& a) { return strip_method(t, a, true, true); }},
    {"title", [](const Text& t, const Arguments&) -> Value { return title(t, not_a_letter); }},
    {"upper", [](const Text& t, const Arguments&) -> Value { return upper(t); }},
};

Value map_method(const Map& map, const std::string& name, const Arguments& arguments, bool& known) {
  if (name == "get") {
    const Value found = item_of(Value::map(map.entries), arguments.get(0, "key"));
    return found.is_undefined() ? arguments.get(1, "default", None{}) : found;
  }
  if (map.role == Map::loop && name == "cycle") {
    check(!arguments.values.empty(), "loop.cycle: expected values");
    return arguments.values[static_cast<size_t>(map.find("index0")->number()) % arguments.values.size()];
  }
  std::vector<Value> all;
  for (const auto& [key, value] : map.entries) {
    if (name == "items") all.push_back(Value::list({key, value}));
    if (name == "keys") all.push_back(key);
    if (name == "values") all.push_back(value);
  }
  known = name == "items" || name == "keys" || name == "values";
  return Value::list(std::move(all));
}

Value list_method(const List& list, const std::string& name, const Arguments& arguments, bool& known) {
  const Value wanted = arguments.get(0, "value");
  const auto is_wanted = [&](const Value& item) { return equal(item, wanted); };
  if (name == "count") return static_cast<int64_t>(std::count_if(list.items.begin(), list.items.end(), is_wanted));
  known = name == "index";
  const auto at = std::find_if(list.items.begin(), list.items.end(), is_wanted);
  check(!known || at != list.items.end(), "index: the list has no such item");
  return static_cast<int64_t>(at - list.items.begin());
}

}  // namespace

Value call_method(const Value& object, const std::string& name, const Arguments& arguments) {
  check(!object.is_undefined(), in_quotes(name), " of an undefined value");
  bool known = true;
  Value result;
  if (object.text()) {
    for (const TextMethod& method : kTextMethods)
      if (name == method.name) return method.call(*object.text(), arguments);
    known = false;
  } else if (object.map()) {
    result = map_method(*object.map(), name, arguments, known);
  } else if (object.list()) {
    result = list_method(*object.list(), name, arguments, known);
  } else {
    known = false;
  }
  check<UnsupportedError>(known, "the method ", in_quotes(name), " of ", object.kind(), " is not supported");
  return result;
}

}  // namespace graft::inline v0::jinja
