// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/jinja_library.hpp"

namespace graft::inline v0::jinja {
namespace {

double argument(const Arguments& arguments) { return arguments.get(0, "num").number(); }

bool is_even(const Value& value) { return std::fmod(value.number(), 2) == 0; }

struct Test {
  const char* name;
  bool (*holds)(const Value& subject, const Arguments& arguments);
};

constexpr Test kTests[] = {
    {"!=", [](const Value& v, const Arguments& a) { return !equal(v, a.get(0, "other")); }},
    {"<", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) < 0; }},
    {"<=", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) <= 0; }},
    {"==", [](const Value& v, const Arguments& a) { return equal(v, a.get(0, "other")); }},
    {">", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) > 0; }},
    {">=", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) >= 0; }},
    {"boolean", [](const Value& v, const Arguments&) { return v.as<bool>() != nullptr; }},
    {"callable", [](const Value& v, const Arguments&) { return v.function() != nullptr; }},
    {"defined", [](const Value& v, const Arguments&) { return !v.is_undefined(); }},
    {"divisibleby", [](const Value& v, const Arguments& a) { return std::fmod(v.number(), argument(a)) == 0; }},
    {"eq", [](const Value& v, const Arguments& a) { return equal(v, a.get(0, "other")); }},
    {"equalto", [](const Value& v, const Arguments& a) { return equal(v, a.get(0, "other")); }},
    {"even", [](const Value& v, const Arguments&) { return is_even(v); }},
    {"false", [](const Value& v, const Arguments&) { return v.as<bool>() && !*v.as<bool>(); }},
    {"float", [](const Value& v, const Arguments&) { return v.as<double>() != nullptr; }},
    {"ge", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) >= 0; }},
    {"greaterthan", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) > 0; }},
    {"gt", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) > 0; }},
    {"in", [](const Value& v, const Arguments& a) { return contains(a.get(0, "seq"), v); }},
    {"integer", [](const Value& v, const Arguments&) { return v.as<int64_t>() != nullptr; }},
    {"iterable", [](const Value& v, const Arguments&) { return v.list() || v.map() || v.text() || v.is_undefined(); }},
    {"le", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) <= 0; }},
    {"lessthan", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) < 0; }},
    {"lower", [](const Value& v, const Arguments&) { return equal(to_text(v), lower(to_text(v))); }},
    {"lt", [](const Value& v, const Arguments& a) { return compare(v, a.get(0, "other")) < 0; }},
    {"mapping", [](const Value& v, const Arguments&) { return v.map() != nullptr; }},
    {"ne", [](const Value& v, const Arguments& a) { return !equal(v, a.get(0, "other")); }},
    {"none", [](const Value& v, const Arguments&) { return v.is_none(); }},
    {"number", [](const Value& v, const Arguments&) { return v.is_number(); }},
    {"odd", [](const Value& v, const Arguments&) { return !is_even(v); }},
    {"sameas", [](const Value& v, const Arguments& a) { return v.same_object(a.get(0, "other")); }},
    {"sequence", [](const Value& v, const Arguments&) { return v.list() || v.map() || v.text() || v.is_undefined(); }},
    {"string", [](const Value& v, const Arguments&) { return v.text() != nullptr; }},
    {"true", [](const Value& v, const Arguments&) { return v.as<bool>() && *v.as<bool>(); }},
    {"undefined", [](const Value& v, const Arguments&) { return v.is_undefined(); }},
    {"upper", [](const Value& v, const Arguments&) { return equal(to_text(v), upper(to_text(v))); }},
};

}  // namespace

bool apply_test(const std::string& name, const Value& subject, const Arguments& arguments) {
  for (const Test& test : kTests)
    if (name == test.name) return test.holds(subject, arguments);
  fail<UnsupportedError>("the test ", in_quotes(name), " is not supported");
}

}  // namespace graft::inline v0::jinja
