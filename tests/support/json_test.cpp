// SPDX-License-Identifier: Apache-2.0
#include "support/json.hpp"

#include <catch2/catch.hpp>

#include "support/refusal.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

std::string refused(std::string_view text) {
  return refusal([&] { parse_json(text, "a.json"); });
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON is parsed as it stands", "[support]") {
  CHECK(
      parse_json(R"({"a": [1, -2, 2.5, true, null, "x\n\u00e9"], "b": {"c": {}}, "d": []})", "a.json") ==
      Json({{"a", {1, -2, 2.5, true, nullptr, "x\n\xC3\xA9"}}, {"b", {{"c", Json::object()}}}, {"d", Json::array()}}));
  CHECK(parse_json("\xEF\xBB\xBF 7 ", "a.json") == 7);
  CHECK(parse_json(R"({"a": 1, "a": {"b": 2}, "a": [3]})", "a.json") == Json({{"a", {3}}}));
  CHECK(parse_json("18446744073709551615", "a.json").get<uint64_t>() == UINT64_MAX);
}

TEST_CASE("Python's numbers that JSON has not are null", "[support]") {
  CHECK(parse_json(R"([-Infinity, Infinity, NaN, "NaN \" Infinity\\", 1])", "a.json") ==
        Json({nullptr, nullptr, nullptr, "NaN \" Infinity\\", 1}));
  CHECK_THAT(refused("[Infinit, NaN]"), Contains("not valid JSON"));
}

TEST_CASE("what is not JSON is refused with the place and the reason", "[support]") {
  CHECK_THAT(refused("{\"a\": 1,\n \"b\": x}"),
             Equals("a.json: line 2, column 7 (byte 16): not valid JSON: invalid literal"));
  CHECK_THAT(refused(""), Contains("a.json: column 1") && Contains("unexpected end of input"));
  CHECK_THAT(refused("[1, 2"), Contains("unexpected end of input; expected ']'"));
  CHECK_THAT(refused("1 2"), Contains("column 3"));
  CHECK_THAT(refused("\"\xFF\""), Contains("UTF-8"));
  CHECK_THAT(refused("\"\\ud800\""), Contains("surrogate"));
  CHECK_THAT(refused("1e999"), Contains("number overflow"));
  std::string text(100000, 'x');
  text.front() = '"';
  const std::string endless = refused(text);
  CHECK_THAT(endless, Contains("missing closing quote"));
  CHECK(endless.size() < 200);
}

TEST_CASE("the depth of JSON is limited", "[support]") {
  CHECK_NOTHROW(parse_json(nested(200), "a.json"));
  CHECK_THAT(refused(nested(201)), Equals("a.json: JSON nested deeper than 200"));
  CHECK_THAT(refused(std::string(10'000'000, '[')), Contains("nested deeper"));
}

TEST_CASE("fields are read by type and range", "[support]") {
  const Json json = parse_json(R"({"n": 12, "f": 0.5, "g": 8.0, "b": true, "s": "x", "null": null, "l": ["a", "b"],
                                   "o": {"m": {"k": 3}}})",
                               "a.json");
  const JsonObject object(json, "a.json");
  CHECK(object.integer("n", 0, 12) == 12);
  CHECK(object.integer("g", 0, 10) == 8);
  CHECK(object.integer_or("missing", 7, 0, 1) == 7);
  CHECK(object.integer_or("null", 7, 0, 1) == 7);
  CHECK(object.number("f") == 0.5);
  CHECK(object.number("n") == 12);
  CHECK(object.number_or("missing", 1.5) == 1.5);
  CHECK(object.flag("b"));
  CHECK(object.flag_or("missing", true));
  CHECK(object.text("s") == "x");
  CHECK(object.text_or("missing", "y") == "y");
  CHECK(object.texts("l") == std::vector<std::string>{"a", "b"});
  CHECK(object.object("o").object("m").integer("k", 1, 5) == 3);
  CHECK_FALSE(object.has("null"));
}

TEST_CASE("errors name the file, the field, the value and what was expected", "[support]") {
  const Json json =
      parse_json(R"({"hidden_size": -4, "big": 18446744073709551615, "half": 0.5, "huge": 1e300, "o": {"k": []},
                                   "s": "te\nxt", "l": [1]})",
                 "config.json");
  const JsonObject object(json, "config.json");
  CHECK_THAT(refusal([&] { object.integer("hidden_size", 1, 1048576); }),
             Equals("config.json: \"hidden_size\" is -4, expected 1 to 1048576"));
  CHECK_THAT(refusal([&] { object.integer("big", 0, INT64_MAX); }), Contains("is 18446744073709551615, expected 0 to"));
  CHECK_THAT(refusal([&] { object.integer("half", 0, 9); }), Contains("\"half\" is 0.5, expected an integer, 0 to 9"));
  CHECK_THAT(refusal([&] { object.integer("huge", 0, 9); }), Contains("expected an integer"));
  CHECK_THAT(refusal([&] { object.integer("s", 0, 9); }), Contains("\"s\" is \"te?xt\", expected an integer"));
  CHECK_THAT(refusal([&] { object.number("none"); }), Equals("config.json: \"none\" is missing"));
  CHECK_THAT(refusal([&] { object.object("o").text("k"); }), Contains("\"o.k\" is an array of 0, expected a string"));
  CHECK_THAT(refusal([&] { object.flag("o"); }), Contains("\"o\" is an object, expected true or false"));
  CHECK_THAT(refusal([&] { object.texts("l"); }), Contains("expected an array of strings"));
  CHECK_THAT(refusal([&] { JsonObject(json["l"], "a.json: line 3"); }),
             Equals("a.json: line 3: is an array of 1, expected a JSON object"));
}

}  // namespace graft
