// SPDX-License-Identifier: Apache-2.0
#include "support/json_value.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "support/each_fault.hpp"
#include "support/json.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

// A value with every kind in it, whose parts lie outside of any text's or array's own memory.
Json every_kind() {
  const std::string text(100, 'x');
  return {{"array", {1, -2, text, {text, nullptr}}},
          {"object", {{"true", true}, {"real", 0.5}}},
          {"largest", UINT64_MAX},
          {text, text}};
}

}  // namespace

TEST_CASE("Numbers are written with the fewest digits that read back the same", "[support][json]") {
  constexpr double kHuge = std::numeric_limits<double>::infinity();
  const std::pair<Json, const char*> kTexts[] = {{0, "0"},
                                                 {-7, "-7"},
                                                 {INT64_MIN, "-9223372036854775808"},
                                                 {UINT64_MAX, "18446744073709551615"},
                                                 {0.0, "0.0"},
                                                 {-0.0, "-0.0"},
                                                 {1.0, "1.0"},
                                                 {-250.0, "-250.0"},
                                                 {0.1, "0.1"},
                                                 {0.1f, "0.10000000149011612"},
                                                 {1.0 / 3, "0.3333333333333333"},
                                                 {5e-5, "5e-05"},
                                                 {1e-4, "0.0001"},
                                                 {9.999999999999999e-5, "9.999999999999999e-05"},
                                                 {123456789012345.0, "123456789012345.0"},
                                                 {999999999999999.9, "999999999999999.9"},
                                                 {1e15, "1e+15"},
                                                 {1.5e15, "1.5e+15"},
                                                 {123456789012345680.0, "1.2345678901234568e+17"},
                                                 {1e100, "1e+100"},
                                                 {-2.5e-7, "-2.5e-07"},
                                                 {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
                                                 {5e-324, "5e-324"},
                                                 {kHuge, "null"},
                                                 {-kHuge, "null"},
                                                 {NAN, "null"}};
  for (const auto& [number, text] : kTexts) {
    CHECK(number.dump() == text);
    if (text != std::string("null")) CHECK(parse_json(text, "a.json") == number);
  }
}

TEST_CASE("Texts are escaped where JSON demands it", "[support][json]") {
  const std::pair<std::string_view, const char*> kTexts[] = {
      {"", R"("")"},
      {"a/b", R"("a/b")"},
      {"\"\\\b\f\n\r\t", R"("\"\\\b\f\n\r\t")"},
      {std::string_view("\0\x01\x1f\x7f", 4), "\"\\u0000\\u0001\\u001f\x7f\""},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD\""}};
  for (const auto& [text, written] : kTexts) {
    CHECK(Json(text).dump() == written);
    CHECK(parse_json(written, "a.json") == text);
  }
  const std::pair<const char*, const char*> kBroken[] = {{"a\xFFz", "\"a\xEF\xBF\xBDz\""},
                                                         {"\xC3", "\"\xEF\xBF\xBD\""},
                                                         {"\xF0\x9F\x98z", "\"\xEF\xBF\xBDz\""},
                                                         {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}};
  for (const auto& [text, written] : kBroken) {
    CHECK(Json(text).dump(-1, Json::InvalidUtf8::replaced) == written);
    CHECK_THAT(refusal([text = text] { Json(text).dump(); }), Contains("JSON: ") && Contains("is no UTF-8 text"));
  }
}

TEST_CASE("Values are written on one line or with an indent", "[support][json]") {
  const Json json = {{"b", {1, "x", Json::array(), Json::object()}}, {"a", {{"c", nullptr}, {"B", true}}}};
  CHECK(json.dump() == R"({"a":{"B":true,"c":null},"b":[1,"x",[],{}]})");
  CHECK(json.dump(2) == R"({
  "a": {
    "B": true,
    "c": null
  },
  "b": [
    1,
    "x",
    [],
    {}
  ]
})");
  CHECK(Json({1, {2}}).dump(0) == "[\n1,\n[\n2\n]\n]");
  CHECK(Json().dump(2) == "null");
  CHECK(parse_json(every_kind().dump(1), "a.json") == every_kind());
}

TEST_CASE("A braced list is an object where every item is a pair with a name", "[support][json]") {
  CHECK(Json({{"a", 1}, {"b", {2, 3}}}).is_object());
  CHECK(Json({{"a", 1}, {2, "b"}}).is_array());
  CHECK(Json({"a", "b"}).is_array());
  CHECK(Json::array({{"a", 1}}).is_array());
  CHECK(Json(std::vector<int>{1, 2}) == Json({1, 2}));
  CHECK(Json(std::vector<bool>{true}) == Json::array({true}));
  CHECK(Json(std::unordered_map<std::string, float>{{"a", 0.5f}}) == Json({{"a", 0.5}}));
}

TEST_CASE("Numbers of JSON are equal by value, and read only by types that hold them", "[support][json]") {
  CHECK(Json(8) == 8.0);
  CHECK(Json(8u) == Json(int64_t{8}));
  CHECK(Json(UINT64_MAX) != Json(-1));
  CHECK(Json(1) != true);
  CHECK(Json("1") != 1);
  CHECK(Json(8.0).get<int>() == 8);
  CHECK(Json(255).get<uint8_t>() == 255);
  CHECK(Json(2147483647.0).get<int32_t>() == INT32_MAX);
  CHECK(Json(5).is_number_unsigned());
  CHECK_FALSE(Json(-5).is_number_unsigned());
  CHECK_THAT(refusal([] { Json(256).get<uint8_t>(); }), Equals("JSON: found number, expected an integer of 8 bits"));
  CHECK_THAT(refusal([] { Json(0.5).get<int>(); }), Contains("expected an integer of 32 bits"));
  CHECK_THAT(refusal([] { Json(1e300).get<int64_t>(); }), Contains("expected an integer of 64 bits"));
  CHECK(Json({{1, 2}, {3, 4}}).get<std::vector<std::pair<int, float>>>() ==
        std::vector<std::pair<int, float>>{{1, 2}, {3, 4}});
}

TEST_CASE("What a value of JSON is not, it refuses", "[support][json]") {
  Json json = {{"a", {1, 2}}};
  CHECK_THAT(refusal([&] { std::as_const(json)["b"]; }), Equals("JSON: \"b\" is missing"));
  CHECK_THAT(refusal([&] { json["a"][2]; }), Equals("JSON: an array of 2, expected an item 2"));
  CHECK_THAT(refusal([&] { json.at(0); }), Equals("JSON: found object, expected an array"));
  CHECK_THAT(refusal([&] { json["a"]["b"]; }), Equals("JSON: found array, expected an object"));
  CHECK_THAT(refusal([&] { json["a"].value("b", 1); }), Equals("JSON: found array, expected an object"));
  CHECK_THAT(refusal([&] { json.push_back(1); }), Equals("JSON: found object, expected an array"));
  CHECK_THAT(refusal([&] { json["a"].text(); }), Equals("JSON: found array, expected a string"));
  CHECK_THAT(refusal([&] { json["a"].get<double>(); }), Equals("JSON: found array, expected a number"));
  CHECK_THAT(refusal([&] { json["a"].get<bool>(); }), Equals("JSON: found array, expected true or false"));
  CHECK_THAT(refusal([] { Json("x").begin(); }), Equals("JSON: found string, expected an array"));
}

TEST_CASE("Values of JSON are changed in place", "[support][json]") {
  Json json;
  json["a"].push_back({{"b", 1}});
  json["c"]["d"] = "e";
  json.update({{"c", 2}, {"f", nullptr}});
  json.erase("f");
  json.erase("g");
  CHECK(json == Json({{"a", Json::array({Json{{"b", 1}}})}, {"c", 2}}));
  CHECK(json.value("c", 3) == 2);
  CHECK(json.value("d", 3) == 3);
  CHECK(json.find("d") == nullptr);
  json = json["a"][0];  // a part of itself
  CHECK(json == Json({{"b", 1}}));
  size_t count = 0;
  for ([[maybe_unused]] const Json& item : Json()) ++count;
  CHECK(count == 0);
}

TEST_CASE("Values of JSON survive every allocation that fails", "[support][json][faults]") {
  const Json json = every_kind();
  const std::string text = json.dump();
  fail_each_allocation(
      [&] {
        Json copy = json;
        copy["more"] = parse_json(text, "a.json");
        copy.update({{"array", json}});
        copy = parse_json(copy.dump(2), "copy.json");
        copy["list"].push_back(json);
        copy = copy["list"];
      },
      [&] { CHECK(json == every_kind()); });
}

}  // namespace graft
