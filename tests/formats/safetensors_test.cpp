// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors.hpp"

#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>

#include "support/goldens.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

// The bytes of a file with the given header and `data` bytes of data.
std::string bytes_of(const std::string& header, size_t data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(data, '\0');
}

SafetensorsFile parse(const std::string& bytes) {
  return SafetensorsFile::open(MappedFile::borrow(std::as_bytes(std::span(bytes)), "a.safetensors"));
}

std::string refused(const std::string& header, size_t data) {
  const std::string bytes = bytes_of(header, data);
  return refusal([&] { parse(bytes); });
}

std::string refused_file(const std::string& name) {
  return refusal([&] { SafetensorsFile::open(golden_path("hostile/safetensors/" + name + ".safetensors")); });
}

}  // namespace

TEST_CASE("tensors are views into the file", "[formats]") {
  auto opened = SafetensorsFile::open(golden_path("hostile/safetensors/ok-two-tensors.safetensors"));
  const SafetensorsFile file = std::move(opened);
  REQUIRE(file.tensors().size() == 2);
  const TensorView& a = file.require("a.weight");
  CHECK(a.stored_dtype == "F32");
  CHECK(a.dtype == Dtype::f32);
  CHECK(a.shape == std::vector<int64_t>{2, 2});
  CHECK(a.values() == 4);
  float values[4];
  std::memcpy(values, a.data.data(), sizeof values);
  CHECK(values[3] == 4.0f);
  CHECK(file.find("b.weight")->shape == std::vector<int64_t>{4});
  CHECK(file.find("c.weight") == nullptr);
  CHECK_THAT(refusal([&] { file.require("c.weight"); }),
             Contains("ok-two-tensors") && Contains("no tensor \"c.weight\""));
  file.file().release(a.data);
}

TEST_CASE("NaN and infinity are values", "[formats]") {
  CHECK_NOTHROW(SafetensorsFile::open(golden_path("hostile/safetensors/ok-nan-weights.safetensors")));
}

TEST_CASE("metadata, empty tensors, scalars and all types are read", "[formats]") {
  const std::string bytes = bytes_of(
      R"({"__metadata__": {"format": "pt"}, "e": {"dtype": "I64", "shape": [0, 3], "data_offsets": [2, 2]},
          "s": {"dtype": "BF16", "shape": [], "data_offsets": [0, 2]},
          "b": {"dtype": "BOOL", "shape": [3], "data_offsets": [2, 5]}})",
      5);
  const SafetensorsFile file = parse(bytes);
  CHECK(file.metadata().at("format") == "pt");
  CHECK(file.require("e").data.empty());
  CHECK_FALSE(file.require("e").dtype.has_value());
  CHECK(file.require("s").dtype == Dtype::bf16);
  CHECK(file.require("b").data.size() == 3);
  CHECK(parse(bytes_of("{}", 0)).tensors().empty());
}

TEST_CASE("malformed files are refused by file and tensor", "[formats]") {
  CHECK_THAT(refused_file("header-length-zero"), Contains("header of 0 bytes"));
  CHECK_THAT(refused_file("header-length-huge"), Contains("header of 9223372036854775807 bytes"));
  CHECK_THAT(refused_file("header-not-json"), Contains("header: column 3") && Contains("not valid JSON"));
  CHECK_THAT(refused_file("offset-past-end"), Contains("\"a.weight\"") && Contains("0 and 4096"));
  CHECK_THAT(refused_file("offsets-overlap"), Contains("\"b.weight\"") && Contains("begin at 8"));
  CHECK_THAT(refused_file("shape-product-overflow"), Contains("\"a.weight\"") && Contains("counted"));
  CHECK_THAT(refused_file("dtype-size-mismatch"), Contains("\"a.weight\"") && Contains("need 8 bytes"));
}

TEST_CASE("headers are checked field by field", "[formats]") {
  CHECK_THAT(refused("[]", 0), Contains("not a JSON object"));
  CHECK_THAT(refused(R"({"a": 3})", 0), Contains("tensor \"a\"") && Contains("expected a JSON object"));
  CHECK_THAT(refused(R"({"a": {"dtype": "F4", "shape": [1], "data_offsets": [0, 1]}})", 1),
             Contains("\"dtype\" is \"F4\""));
  CHECK_THAT(refused(R"({"a": {"dtype": "U8", "data_offsets": [0, 1]}})", 1), Contains("\"shape\" is missing"));
  CHECK_THAT(refused(R"({"a": {"dtype": "U8", "shape": [-1], "data_offsets": [0, 1]}})", 1), Contains("\"shape\""));
  CHECK_THAT(refused(R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 0]}})", 1), Contains("data_offsets"));
  CHECK_THAT(refused(R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}})", 2), Contains("begin at 1"));
  CHECK_THAT(refused(R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}})", 2),
             Contains("fill 1 of 2 bytes"));
  CHECK_THAT(refused(R"({"__metadata__": {"a": 1}})", 0), Contains("__metadata__") && Contains("expected a string"));
}

TEST_CASE("a file cut at any byte is refused", "[formats]") {
  const MappedFile whole = MappedFile::open(golden_path("hostile/safetensors/ok-two-tensors.safetensors"));
  for (size_t size = 0; size < whole.bytes().size(); ++size) {
    INFO(size);
    CHECK_THROWS_AS(SafetensorsFile::open(MappedFile::borrow(whole.bytes().first(size), "cut")), FileError);
  }
}

}  // namespace graft
