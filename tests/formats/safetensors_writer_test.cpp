// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors_writer.hpp"

#include <catch2/catch.hpp>

#include "formats/safetensors.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {

using Catch::Matchers::Contains;

TEST_CASE("a rewritten file of the reference implementation is the same file", "[formats]") {
  const TemporaryFolder folder;
  const SafetensorsFile file = SafetensorsFile::open(golden_path("losses/goldens.safetensors"));
  std::vector<SafetensorsSource> tensors;
  for (const TensorView& tensor : file.tensors())
    tensors.push_back({tensor.name, tensor.stored_dtype, tensor.shape, stored_bytes(tensor.data)});
  write_safetensors(folder.path() / "a", tensors, file.metadata());
  CHECK(MappedFile::open(folder.path() / "a").text() == MappedFile::open(file.name()).text());
}

TEST_CASE("larger elements come first and pieces are joined", "[formats]") {
  const TemporaryFolder folder;
  const std::vector<uint8_t> small = {1, 2, 3};
  const std::vector<float> first = {1, 2}, second = {3};
  write_safetensors(
      folder.path() / "a",
      {{"a", "U8", {3}, stored_bytes<uint8_t>(small)},
       {"ü\n",
        "F32",
        {3, 1},
        [&](const ByteSink& sink) { sink(std::as_bytes(std::span(first))), sink(std::as_bytes(std::span(second))); }}},
      {{"format", "pt"}});
  const SafetensorsFile file = SafetensorsFile::open(folder.path() / "a");
  const TensorView& floats = file.require("ü\n");
  CHECK(reinterpret_cast<uintptr_t>(floats.data.data()) % 8 == 0);
  CHECK(reinterpret_cast<const float*>(floats.data.data())[2] == 3);
  CHECK(file.require("a").data.data() == floats.data.data() + 12);
  CHECK(file.metadata().at("format") == "pt");
}

TEST_CASE("wrong sources are refused and nothing is written", "[formats]") {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, 2};
  const auto refused = [&](std::vector<SafetensorsSource> tensors) {
    return refusal<ArgumentError>([&] { write_safetensors(folder.path() / "a", std::move(tensors)); });
  };
  const ByteSource source = stored_bytes<float>(values);
  CHECK_THAT(refused({{"a", "F32", {3}, source}}), Contains("tensor \"a\" gave 8 bytes, expected 12"));
  CHECK_THAT(refused({{"a", "F32", {2}, source}, {"a", "I64", {1}, source}}), Contains("twice"));
  CHECK_THAT(refused({{"a", "Q4", {2}, source}}), Contains("unknown type \"Q4\""));
  CHECK_THAT(refused({{"a", "F32", {-2}, source}}), Contains("size of -2"));
  CHECK_THAT(refused({{"a", "F32", {int64_t{1} << 40, int64_t{1} << 40}, source}}), Contains("too large"));
  CHECK_THAT(refused({{"\xFF", "F32", {2}, source}}), Contains("not UTF-8"));
  CHECK(folder.entries() == 0);
}

}  // namespace graft
