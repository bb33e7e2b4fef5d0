// SPDX-License-Identifier: Apache-2.0
#include "formats/goldens.hpp"

#include <limits>

#include <catch2/catch.hpp>

#include "formats/safetensors_writer.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {

using Catch::Matchers::Contains;

TEST_CASE("a folder of goldens is read with roles and tolerances", "[formats]") {
  const Goldens goldens = load_golden("losses");
  CHECK(goldens.json["losses"]["ce"] == "cross-entropy, mean over counted targets");
  const Golden& logits = goldens.at("in.logits");
  CHECK(logits.role == "input");
  CHECK(logits.shape == std::vector<int64_t>{9, 13});
  CHECK(logits.floats.size() == 117);
  CHECK(goldens.integers("in.targets").size() == 9);
  CHECK(goldens.at("ce.loss").role == "expected");
  CHECK(goldens.at("ce.loss").tolerance > 0);
  CHECK_THAT(refusal([&] { goldens.at("none"); }), Contains("no tensor \"none\""));
  CHECK_THAT(refusal([&] { goldens.floats("in.targets"); }), Contains("is not F32"));
  CHECK_THAT(refusal([&] { goldens.integers("in.logits"); }), Contains("is not I64"));
}

TEST_CASE("a pair is read by its name, with or without extension", "[formats]") {
  const TemporaryFolder folder;
  const std::vector<uint8_t> values = {1, 2};
  for (const char* name : {"Q4_1.safetensors", "x-1.5.safetensors"})
    write_safetensors(folder.path() / name, {{"raw", "U8", {2}, stored_bytes<uint8_t>(values)}});
  folder.file("x-1.5.json", R"({"own": 1, "tensors": {"raw": {"shape": [2], "role": "expected", "atol": 0.5}}})");
  folder.file("goldens.json", R"({"own": 2, "tensors": {"raw": "of all files"}})");
  for (const char* name : {"x-1.5", "x-1.5.safetensors", "x-1.5.json", "x-1.5.gguf"}) {
    const Goldens goldens = Goldens::load(folder.path() / name);
    CHECK(goldens.json["own"] == 1);
    CHECK(goldens.at("raw").tolerance == 0.5);
  }
  const Goldens shared = Goldens::load(folder.path() / "Q4_1");
  CHECK(shared.json["own"] == 2);
  CHECK(shared.at("raw").bytes == values);
  CHECK(shared.at("raw").role.empty());
}

TEST_CASE("a description that does not fit its tensors is refused", "[formats]") {
  const TemporaryFolder folder;
  const std::vector<float> values = {1, 2};
  write_safetensors(folder.path() / "a.safetensors", {{"t", "F32", {2}, stored_bytes<float>(values)}});
  folder.file("a.json", R"({"tensors": {"t": {"shape": [1, 2]}}})");
  CHECK_THAT(refusal([&] { Goldens::load(folder.path() / "a"); }), Contains("\"t\" has another shape"));
  folder.file("a.json", R"({"tensors": {"u": {"shape": [2]}}})");
  CHECK_THAT(refusal([&] { Goldens::load(folder.path() / "a"); }), Contains("no tensor \"u\""));
}

TEST_CASE("the largest difference is infinite where values cannot be compared", "[support]") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a = {1, -infinity, nan}, b = {1.5f, -infinity, nan};
  CHECK(largest_difference(a, b) == 0.5);
  CHECK(largest_difference(a, std::span(b).first(2)) == infinity);
  CHECK(largest_difference(std::vector<float>{nan}, std::vector<float>{0}) == infinity);
  CHECK(largest_difference(std::vector<float>{infinity}, std::vector<float>{-infinity}) == infinity);
}

}  // namespace graft
