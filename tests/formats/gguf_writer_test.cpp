// SPDX-License-Identifier: Apache-2.0
#include "formats/gguf_writer.hpp"

#include <limits>

#include <catch2/catch.hpp>

#include "formats/gguf.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

TEST_CASE("a rewritten container of the reference implementation is the same file", "[formats]") {
  const TemporaryFolder folder;
  const GgufFile file = GgufFile::open(golden_path("hostile/gguf/ok-container.gguf"));
  GgufWriter writer;
  for (const auto& entry : file.metadata().entries()) writer.copy(entry);
  for (const GgufTensor& tensor : file.tensors())
    writer.add(std::string(tensor.name), tensor.dtype, tensor.shape, stored_bytes(tensor.data));
  writer.write(folder.path() / "a");
  CHECK(MappedFile::open(folder.path() / "a").text() == MappedFile::open(file.name()).text());
}

TEST_CASE("all metadata types come back, also nested arrays", "[formats]") {
  const TemporaryFolder folder;
  GgufWriter writer;
  writer.set("u8", uint8_t{200});
  writer.set("i8", int8_t{-100});
  writer.set("u16", uint16_t{60000});
  writer.set("i16", int16_t{-30000});
  writer.set("u32", uint32_t{4000000000});
  writer.set("i32", -2000000000);
  writer.set("u64", std::numeric_limits<uint64_t>::max());
  writer.set("i64", std::numeric_limits<int64_t>::min());
  writer.set("f32", 0.5f);
  writer.set("f64", -0.25);
  writer.set("bool", true);
  writer.set("text", "grün");
  writer.set("texts", std::vector<std::string>{"a", "", "ccc"});
  writer.set("floats", std::vector<float>{1, 2.5f});
  writer.set("ids", std::vector<int16_t>{3, -4});
  writer.set("flags", std::vector<bool>{true, false});
  writer.set("empty", std::vector<std::string>{});
  writer.set("nested", std::vector<std::vector<std::string>>{{"x"}, {}, {"y", "z"}});
  writer.write(folder.path() / "a.gguf");

  const GgufFile file = GgufFile::open(folder.path() / "a.gguf");
  const GgufMetadata& m = file.metadata();
  const auto whole = [&](const char* key) { return m.integer(key, INT64_MIN, INT64_MAX); };
  CHECK(whole("u8") == 200);
  CHECK(whole("i8") == -100);
  CHECK(whole("u16") == 60000);
  CHECK(whole("i16") == -30000);
  CHECK(whole("u32") == 4000000000);
  CHECK(whole("i32") == -2000000000);
  CHECK(whole("i64") == INT64_MIN);
  CHECK(m.number("u64") == 18446744073709551616.0);
  CHECK(m.number("f32") == 0.5);
  CHECK(m.number("f64") == -0.25);
  CHECK(m.flag_or("bool", false));
  CHECK(m.text("text") == "grün");
  CHECK(m.texts("texts") == std::vector<std::string_view>{"a", "", "ccc"});
  CHECK(m.numbers("floats") == std::vector<float>{1, 2.5f});
  CHECK(m.integers("ids") == std::vector<int64_t>{3, -4});
  CHECK(m.find("flags")->count == 2);
  CHECK(m.texts("empty").empty());
  const auto nested = m.arrays("nested");
  REQUIRE(nested.size() == 3);
  CHECK(nested[2].count == 2);
  CHECK(m.entries().size() == 18);
}

TEST_CASE("metadata errors name the file, the key, the value and what was expected", "[formats]") {
  const TemporaryFolder folder;
  GgufWriter writer;
  writer.set("text", "a\nb");
  writer.set("number", 0.5f);
  writer.set("count", 7);
  writer.set("flag", true);
  writer.set("infinite", std::numeric_limits<float>::infinity());
  writer.set("large", std::numeric_limits<uint64_t>::max());
  writer.set("texts", std::vector<std::string>{"a"});
  writer.write(folder.path() / "a.gguf");
  const GgufFile file = GgufFile::open(folder.path() / "a.gguf");
  const GgufMetadata& m = file.metadata();
  const std::string start = file.name() + ": ";
  CHECK_THAT(refusal([&] { m.integer("none", 0, 1); }), Equals(start + "\"none\" is missing"));
  CHECK_THAT(refusal([&] { m.integer("count", 0, 6); }), Equals(start + "\"count\" is 7, expected 0 to 6"));
  CHECK_THAT(refusal([&] { m.integer("text", 0, 1); }),
             Equals(start + "\"text\" is \"a?b\", expected an integer, 0 to 1"));
  CHECK_THAT(refusal([&] { m.integer("number", 0, 1); }), Contains("is 0.5, expected an integer"));
  CHECK_THAT(refusal([&] { m.integer("large", 0, INT64_MAX); }), Contains("expected 0 to"));
  CHECK_THAT(refusal([&] { m.number("flag"); }), Contains("is bool, expected a number"));
  CHECK_THAT(refusal([&] { m.number("infinite"); }), Contains("expected a finite number"));
  CHECK_THAT(refusal([&] { m.flag_or("count", false); }), Contains("expected a bool"));
  CHECK_THAT(refusal([&] { m.text("texts"); }), Contains("is an array of 1 x a string, expected a string"));
  CHECK_THAT(refusal([&] { m.numbers("texts"); }), Contains("expected an array of numbers"));
  CHECK_THAT(refusal([&] { m.texts("count"); }), Contains("expected an array of strings"));
  CHECK(m.integer_or("none", 3, 0, 9) == 3);
  CHECK(m.text_or("none", "x") == "x");
  CHECK(m.number_or("none", 1) == 1);
  CHECK(m.flag_or("none", true));
}

TEST_CASE("tensors come back with their shape, aligned", "[formats]") {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::vector<uint8_t> blocks(2 * 34, 7);
  GgufWriter writer;
  writer.add("a", Dtype::f32, {2, 3}, stored_bytes<float>(values));
  writer.add("q", Dtype::q8_0, {2, 32}, [&](const ByteSink& sink) {
    for (size_t row = 0; row < 2; ++row) sink(std::as_bytes(std::span(blocks).subspan(row * 34, 34)));
  });
  writer.write(folder.path() / "a");
  const GgufFile file = GgufFile::open(folder.path() / "a");
  CHECK(file.require("a").shape == std::vector<int64_t>{2, 3});
  CHECK(reinterpret_cast<const float*>(file.require("a").data.data())[5] == 6);
  CHECK(file.require("q").dtype == Dtype::q8_0);
  CHECK(file.require("q").data.size() == 68);
  CHECK(reinterpret_cast<uintptr_t>(file.require("q").data.data()) % 32 == 0);
}

TEST_CASE("wrong keys and tensors are refused by the writer", "[formats]") {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, 2};
  const ByteSource source = stored_bytes<float>(values);
  GgufWriter writer;
  writer.set("a", 1);
  CHECK_THROWS_WITH(writer.set("a", 2), Contains("\"a\" is set twice"));
  CHECK_THROWS_AS(writer.add("t", Dtype::q8_0, {2, 31}, source), ArgumentError);
  CHECK_THROWS_AS(writer.add("t", Dtype::f32, {1, 1, 1, 1, 1}, source), ArgumentError);
  CHECK_THROWS_AS(writer.add("t", Dtype::f32, {-1, 2}, source), ArgumentError);
  writer.add("t", Dtype::f32, {3}, source);
  CHECK_THROWS_WITH(writer.add("t", Dtype::f32, {2}, source), Contains("given twice"));
  CHECK_THROWS_WITH(writer.write(folder.path() / "a"), Contains("tensor \"t\" gave 8 bytes, expected 12"));
  CHECK(folder.entries() == 0);
}

TEST_CASE("arrays nested too deep and unknown types are refused", "[formats]") {
  const auto put = [](std::string& out, auto value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const auto file_with = [&](uint32_t type, int depth) {
    std::string bytes = "GGUF";
    put(bytes, uint32_t{3}), put(bytes, uint64_t{0}), put(bytes, uint64_t{1});
    put(bytes, uint64_t{1}), bytes += 'k';
    put(bytes, type);
    for (int i = 0; i < depth; ++i) put(bytes, uint32_t{9}), put(bytes, uint64_t{1});
    return bytes;
  };
  const auto refused = [](const std::string& bytes) {
    return refusal([&] { GgufFile::open(MappedFile::borrow(std::as_bytes(std::span(bytes)), "a.gguf")); });
  };
  CHECK_THAT(refused(file_with(9, 100000)), Contains("a.gguf: \"k\": arrays nested deeper than 8"));
  CHECK_THAT(refused(file_with(13, 0)), Contains("\"k\" has the unknown type 13"));
}

}  // namespace graft
