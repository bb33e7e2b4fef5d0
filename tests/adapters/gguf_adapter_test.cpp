// SPDX-License-Identifier: Apache-2.0
#include "adapters/gguf_adapter.hpp"

#include <catch2/catch.hpp>

#include "adapters/adalora.hpp"
#include "adapters/lora.hpp"
#include "formats/gguf.hpp"
#include "models/network_pass.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

std::unique_ptr<Trunk> load(const std::string& model) {
  return load_trunk(Checkpoint::open(golden_path("models/" + model), FileAccess::map), Backend::create({.threads = 2}));
}

std::vector<float> hidden(const Trunk& trunk, const Method& method) {
  const Lane lane(trunk.backend);
  const NetworkContext context{trunk, lane, Memory::create(lane.backend()), Precision::f32, &method.edits()};
  Batch batch;
  batch.add(std::vector<int32_t>{3, 14, 15, 92, 65, 35});
  NetworkPass pass(context, std::move(batch));
  const Tensor states = pass.hidden();
  return {states.values().begin(), states.values().end()};
}

void fill(Method& method, const Trunk& trunk) {
  float value = 0.3f;
  for (const AdapterTensor& tensor : method.trainable())
    for (float& element : tensor.value.values()) element = value = 3.7f * value * (1 - value);
  method.lower(trunk, Lane(trunk.backend));
}

void check_round_trip(const Trunk& trunk, Method& method) {
  fill(method, trunk);
  const TemporaryFolder folder;
  save_gguf_adapter(method, folder.path() / "a.gguf");
  const std::unique_ptr<Method> loaded = load_gguf_adapter(folder.path() / "a.gguf", trunk);
  const std::vector<float> expected = hidden(trunk, method), found = hidden(trunk, *loaded);
  for (size_t i = 0; i < expected.size(); ++i) CHECK(found[i] == Approx(expected[i]).margin(1e-4));
}

}  // namespace

TEST_CASE("A GGUF adapter gives back the update of each matrix, whatever its rank and scale", "[adapters]") {
  for (const char* model : {"llama-gqa", "gpt2"}) {
    INFO(model);
    const std::unique_ptr<Trunk> trunk = load(model);
    check_round_trip(*trunk, *Lora::create(*trunk, {.rank = 4, .alpha = 2}, 1));
  }
  const std::unique_ptr<Trunk> trunk = load("llama-gqa");
  check_round_trip(
      *trunk,
      *Lora::create(
          *trunk,
          {.rank = 4, .alpha = 2, .rank_pattern = {{"q_proj", 2}, {"up_proj", 6}}, .alpha_pattern = {{"k_proj", 5.0f}}},
          1));
  check_round_trip(*trunk, *AdaLora::create(*trunk, {}, 1));
}

TEST_CASE("In a GGUF adapter the rows of queries are neighbouring pairs, as in the model's file", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load("llama-gqa");
  const std::unique_ptr<Lora> lora = Lora::create(*trunk, {.targets = {.modules = {"q_proj"}}, .rank = 1}, 1);
  fill(*lora, *trunk);
  const TemporaryFolder folder;
  save_gguf_adapter(*lora, folder.path() / "a.gguf");
  const GgufFile file = GgufFile::open(folder.path() / "a.gguf");
  CHECK(file.metadata().text("general.architecture") == "llama");
  CHECK(file.metadata().number("adapter.lora.alpha") == 16);
  const GgufTensor& up = file.require("blk.0.attn_q.weight.lora_b");
  const auto* stored = reinterpret_cast<const float*>(up.data.data());
  const Tensor own = lora->trainable()[1].value;
  const int half = trunk->transformer.stack().attention.head_width / 2;
  CHECK(stored[0] == own.values()[0]);
  CHECK(stored[1] == own.values()[half]);
  CHECK(stored[2] == own.values()[1]);
}

TEST_CASE("What a GGUF adapter cannot hold is refused by name", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load("llama-gqa"), other = load("gpt2");
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "a.gguf";
  const std::unique_ptr<Lora> dora = Lora::create(*trunk, {.dora = true}, 1);
  CHECK(refusal<UnsupportedError>([&] { save_gguf_adapter(*dora, path); }) ==
        "unsupported: this adapter as GGUF: model.layers.0.self_attn.q_proj has a gain");
  save_gguf_adapter(*Lora::create(*trunk, {}, 1), path);
  CHECK(refusal<FileError>([&] { load_gguf_adapter(path, *other); }) ==
        path.string() + ": general.architecture is \"llama\", expected \"gpt2\"");
}

}  // namespace graft
