// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors_folder.hpp"

#include <catch2/catch.hpp>

#include "formats/safetensors_writer.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

const std::vector<float> kOne = {1}, kTwo = {2};

void write_shard(const std::filesystem::path& path, const std::string& tensor, std::span<const float> value) {
  write_safetensors(path, {{tensor, "F32", {1}, stored_bytes(value)}});
}

std::string index_text(const std::string& a, const std::string& b) {
  return R"({"weight_map": {"a": ")" + a + R"(", "b": ")" + b + R"("}})";
}

}  // namespace

TEST_CASE("one file and shards are read alike", "[formats]") {
  const TemporaryFolder single, sharded;
  write_safetensors(single.path() / "model.safetensors",
                    {{"a", "F32", {1}, stored_bytes<float>(kOne)}, {"b", "F32", {1}, stored_bytes<float>(kTwo)}});
  write_shard(sharded.path() / "one.safetensors", "b", kTwo);
  write_shard(sharded.path() / "two.safetensors", "a", kOne);
  sharded.file("model.safetensors.index.json", index_text("two.safetensors", "one.safetensors"));
  for (const TemporaryFolder* folder : {&single, &sharded}) {
    auto opened = SafetensorsFolder::open(folder->path());
    const SafetensorsFolder weights = std::move(opened);
    REQUIRE(weights.tensors().size() == 2);
    CHECK(*reinterpret_cast<const float*>(weights.require("a").data.data()) == 1);
    CHECK(*reinterpret_cast<const float*>(weights.require("b").data.data()) == 2);
    CHECK(weights.find("c") == nullptr);
    CHECK_THAT(refusal([&] { weights.require("c"); }), Contains(folder->path().string()) && Contains("\"c\""));
    const TensorView& tensor = weights.require("b");
    CHECK_NOTHROW(weights.file_of(tensor).release(tensor.data));
  }
  const SafetensorsFolder weights = SafetensorsFolder::open(sharded.path());
  CHECK_THAT(weights.file_of(weights.require("b")).name(), Contains("one.safetensors"));
}

TEST_CASE("a shard must be a file of the folder that holds its tensors", "[formats]") {
  const TemporaryFolder folder;
  write_shard(folder.path() / "one.safetensors", "a", kOne);
  const auto refused = [&](const std::string& shard) {
    folder.file("model.safetensors.index.json", index_text("one.safetensors", shard));
    return refusal([&] { SafetensorsFolder::open(folder.path()); });
  };
  for (const char* outside :
       {"../one.safetensors", "/etc/passwd", "sub/one.safetensors", "..", ".", "", "a\\\\b", "C:x"})
    CHECK_THAT(refused(outside), Contains("weight_map.b") && Contains("expected a shard in the same folder"));
  CHECK_THAT(refused("two.safetensors"), Contains("two.safetensors") && Contains("No such file"));
  CHECK_THAT(refused("one.safetensors"), Contains("tensor \"b\" is not in shard \"one.safetensors\""));
  write_shard(folder.path() / "two.safetensors", "a", kOne);
  folder.file("model.safetensors.index.json", R"({"weight_map": {"a": "two.safetensors"}})");
  CHECK_NOTHROW(SafetensorsFolder::open(folder.path()));
  folder.file("model.safetensors.index.json", R"({"weight_map": {"a": 3}})");
  CHECK_THAT(refusal([&] { SafetensorsFolder::open(folder.path()); }), Contains("weight_map.a"));
}

TEST_CASE("a folder without weights is refused", "[formats]") {
  const TemporaryFolder folder;
  CHECK_THAT(refusal([&] { SafetensorsFolder::open(folder.path()); }), Contains("neither model.safetensors nor"));
  CHECK_THAT(refusal([&] { SafetensorsFolder::open(folder.path() / "none"); }), Contains("none: no such folder"));
}

}  // namespace graft
