// SPDX-License-Identifier: Apache-2.0
#include "formats/gguf.hpp"

#include <catch2/catch.hpp>

#include "formats/gguf_writer.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

GgufFile open_copy(const std::string& bytes) {
  return GgufFile::open(MappedFile::borrow(std::as_bytes(std::span(bytes)), "a.gguf"));
}

template <class Kind = FileError>
std::string refused_file(const std::string& name) {
  return refusal<Kind>([&] { GgufFile::open(golden_path("hostile/gguf/" + name + ".gguf")); });
}

// A file with tensors "a" and "b" of 32 values each, as bytes.
std::string two_tensors() {
  const TemporaryFolder folder;
  const std::vector<float> values(32, 1.5f);
  GgufWriter writer;
  writer.set("general.architecture", "none");
  writer.add("a", Dtype::f32, {32}, stored_bytes<float>(values));
  writer.add("b", Dtype::f32, {32}, stored_bytes<float>(values));
  writer.write(folder.path() / "a");
  return std::string(MappedFile::open(folder.path() / "a").text());
}

// Replaces the bytes behind the last occurrence of `marker` at `distance`.
template <class T>
std::string changed(std::string bytes, std::string_view marker, size_t distance, T value) {
  const size_t at = bytes.rfind(marker) + marker.size() + distance;
  return bytes.replace(at, sizeof value, reinterpret_cast<const char*>(&value), sizeof value);
}

std::string refused(const std::string& bytes) {
  return refusal<Error>([&] { open_copy(bytes); });
}

// "b" as the header spells it: its length, then the name.
const std::string kB = std::string("\1\0\0\0\0\0\0\0b", 9);

}  // namespace

TEST_CASE("a container of the reference implementation is read", "[formats]") {
  auto opened = GgufFile::open(golden_path("hostile/gguf/ok-container.gguf"));
  const GgufFile file = std::move(opened);
  CHECK(file.version() == 3);
  CHECK(file.metadata().text("general.architecture") == "llama");
  REQUIRE(file.tensors().size() == 2);
  for (const GgufTensor& tensor : file.tensors()) CHECK(file.find(tensor.name) == &tensor);
  CHECK(file.find("c.weight") == nullptr);
  CHECK_THAT(refusal([&] { file.require("c.weight"); }), Contains("ok-container.gguf: no tensor \"c.weight\""));
}

TEST_CASE("malformed containers are refused by file and field", "[formats]") {
  CHECK_THAT(refused_file("bad-magic"), Contains("magic"));
  CHECK_THAT(refused_file<UnsupportedError>("version-99"), Contains("version 99, expected 2 or 3"));
  CHECK_THAT(refused_file("tensor-count-huge"), Contains("1152921504606846976 tensors declared"));
  CHECK_THAT(refused_file("key-length-huge"), Contains("key: a length of 9223372036854775807"));
  CHECK_THAT(refused_file("array-length-overflow"), Contains("\"big\" is an array of 2305843009213693953 elements"));
  CHECK_THAT(refused_file("tensor-offset-past-end"), Contains("\"b.weight\"") && Contains("past the end"));
  CHECK_THAT(refused_file("dims-overflow"), Contains("\"a.weight\"") && Contains("counted"));
  CHECK_THAT(refused_file("alignment-zero"), Contains("\"general.alignment\" is 0"));
}

TEST_CASE("tensors are checked one by one", "[formats]") {
  const std::string bytes = two_tensors();
  REQUIRE_NOTHROW(open_copy(bytes));
  CHECK(open_copy(changed(bytes, "GGUF", 0, uint32_t{2})).version() == 2);
  CHECK_THAT(refused(changed(bytes, "GGUF", 0, uint32_t{0x03000000})), Contains("big-endian"));
  CHECK_THAT(refused(changed(bytes, kB, 0, uint32_t{5})), Contains("5 dimensions"));
  CHECK_THAT(refused(changed(bytes, kB, 4, int64_t{-1})), Contains("a size of more than"));
  CHECK_THAT(refused(changed(bytes, kB, 12, uint32_t{31})), Contains("\"b\" has type 31"));
  CHECK_THAT(refused(changed(bytes, kB, 12, uint32_t{12})), Contains("whole blocks of 256 of q4_k"));
  CHECK_THAT(refused(changed(bytes, kB, 16, uint64_t{4})), Contains("multiple of 32"));
  CHECK_THAT(refused(changed(bytes, kB, 16, uint64_t{96})), Contains("share bytes"));
  CHECK_THAT(refused(changed(bytes, kB, 16, ~uint64_t{31})), Contains("past the end"));
  std::string twice = bytes;
  twice[twice.rfind(kB) + 8] = 'a';
  CHECK_THAT(refused(twice), Contains("tensor \"a\" is there twice"));
}

TEST_CASE("a container cut at any byte is refused", "[formats]") {
  const std::string bytes = two_tensors();
  for (size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    CHECK_THROWS_AS(open_copy(bytes.substr(0, size)), FileError);
  }
}

}  // namespace graft
