// SPDX-License-Identifier: Apache-2.0
#include "models/save.hpp"

#include <catch2/catch.hpp>

#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

std::unique_ptr<Trunk> load(const std::filesystem::path& path) {
  return load_trunk(Checkpoint::open(path, FileAccess::map), Backend::create({.threads = 1}));
}

std::vector<float> logits(const Trunk& trunk) {
  const Lane lane(trunk.backend);
  Batch batch;
  std::vector<int32_t> tokens;
  for (int32_t i = 0; i < 40; ++i) tokens.push_back(i * 7 % 160);
  batch.add(tokens);
  Run run{lane, Memory::create(lane.backend()), batch, Precision::f32};
  const std::span<float> values = trunk.transformer.head()(run, trunk.transformer(run)).values();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("A model saved as a folder is the same model", "[models]") {
  const std::string name = GENERATE("models/llama-gqa", "models/llama-tied-rope3");
  const TemporaryFolder folder;
  const auto trunk = load(golden_path(name));
  const std::vector<float> expected = logits(*trunk);
  save_folder(*trunk, folder.path() / "f32", Dtype::f32);
  CHECK(largest_difference(logits(*load(folder.path() / "f32")), expected) == 0);
  save_folder(*trunk, folder.path() / "bf16", Dtype::bf16);
  const double rounded = largest_difference(logits(*load(folder.path() / "bf16")), expected);
  CHECK(rounded > 0);
  CHECK(rounded < 0.2);
  CHECK(refusal<ArgumentError>([&] { save_folder(*trunk, folder.path() / "q", Dtype::q8_0); }) ==
        "a model folder holds f32, f16 or bf16, not q8_0");
}

TEST_CASE("A saved config names the type of the weights in its own spelling", "[models]") {
  const TemporaryFolder folder;
  save_folder(*load(golden_path("models/llama-gqa")), folder.path(), Dtype::f16);
  CHECK(read_json(folder.path() / "config.json").at("torch_dtype") == "float16");
  save_folder(*load(golden_path("models/llama-tied-rope3")), folder.path(), Dtype::bf16);
  CHECK(read_json(folder.path() / "config.json").at("dtype") == "bfloat16");
}

TEST_CASE("A model saved as GGUF is the same model, its heads reordered and its rotary scaling kept", "[models]") {
  const std::string name = GENERATE("models/llama-gqa", "models/llama-tied-rope3");
  const TemporaryFolder folder;
  const auto trunk = load(golden_path(name));
  const std::vector<float> expected = logits(*trunk);
  const auto loss_of = [&](Dtype type) {
    const std::filesystem::path file = folder.path() / "model.gguf";
    save_gguf(*trunk, file, type, {});
    return largest_difference(logits(*load(file)), expected);
  };
  CHECK(loss_of(Dtype::f32) < 1e-4);
  CHECK(loss_of(Dtype::f16) < 0.02);
  CHECK(loss_of(Dtype::bf16) < 0.2);
  CHECK(loss_of(Dtype::q8_0) < 0.3);
  CHECK(loss_of(Dtype::q4_1) < 3);
  CHECK(refusal<ArgumentError>([&] { loss_of(Dtype::q6_k); }) ==
        "a GGUF file is written as f32, f16, bf16, q8_0, q4_0 or q4_1, not q6_k");
}

TEST_CASE("Only matrices of whole blocks are quantised", "[models]") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "model.gguf";
  save_gguf(*load(golden_path("models/llama-gqa")), file, Dtype::q4_0,
            [](GgufWriter& writer) { writer.set("general.name", "small"); });
  const GgufFile gguf = GgufFile::open(file);
  CHECK(gguf.metadata().integer("general.file_type", 0, 100) == 2);
  CHECK(gguf.metadata().integer("llama.rope.dimension_count", 0, 100) == 8);
  CHECK(gguf.metadata().text("general.name") == "small");
  CHECK(gguf.require("blk.0.ffn_down.weight").dtype == Dtype::q4_0);  // 96 columns
  CHECK(gguf.require("blk.0.attn_q.weight").dtype == Dtype::f16);     // 48 columns
  CHECK(gguf.require("blk.0.attn_norm.weight").dtype == Dtype::f32);
}

TEST_CASE("A GGUF file becomes a folder again, with the scaling that its factors stand for", "[models]") {
  const TemporaryFolder folder;
  Json config = read_json(golden_path("models/llama-tied-rope3") / "config.json");
  config["rope_parameters"]["original_max_position_embeddings"] = 8192;
  config["max_position_embeddings"] = 1 << 17;
  const auto trunk = create_trunk(config, Backend::create({.threads = 1}), 1);
  save_gguf(*trunk, folder.path() / "model.gguf", Dtype::f32, {});
  save_folder(*load(folder.path() / "model.gguf"), folder.path() / "again", Dtype::f32);
  const Json again = read_json(folder.path() / "again" / "config.json");
  CHECK(again.at("rope_scaling").at("factor") == 8);
  CHECK(again.at("rms_norm_eps") == 1e-6);  // the file has a float, 9.99999997e-07
  CHECK(largest_difference(logits(*load(folder.path() / "again")), logits(*trunk)) < 1e-4);
}

}  // namespace graft
