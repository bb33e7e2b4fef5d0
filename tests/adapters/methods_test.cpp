// SPDX-License-Identifier: Apache-2.0
//
// What every method promises, on a model that the reference knows.
#include <catch2/catch.hpp>
#include <cmath>

#include "adapters/adalora.hpp"
#include "adapters/ia3.hpp"
#include "adapters/lora.hpp"
#include "adapters/merge.hpp"
#include "adapters/peft_files.hpp"
#include "adapters/vera.hpp"
#include "formats/safetensors.hpp"
#include "models/network_pass.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

std::unique_ptr<Trunk> load(const std::string& model) {
  return load_trunk(Checkpoint::open(golden_path("models/" + model), FileAccess::map), Backend::create({.threads = 2}));
}

std::vector<float> logits(const Trunk& trunk, const Edits* edits = nullptr) {
  const Lane lane(trunk.backend);
  const NetworkContext context{trunk, lane, Memory::create(lane.backend()), Precision::f32, edits};
  Batch batch;
  batch.add(std::vector<int32_t>{3, 14, 15, 92, 65, 35});
  batch.add(std::vector<int32_t>{89, 79, 32});
  NetworkPass pass(context, std::move(batch));
  const Tensor scores = trunk.transformer.head()(pass.run(), pass.hidden());
  return {scores.values().begin(), scores.values().end()};
}

struct Maker {
  const char* name;
  const char* model;
  std::unique_ptr<Method> (*make)(const Trunk& trunk);
};

const Maker kMakers[] = {
    {"LoRA", "llama-gqa", [](const Trunk& trunk) -> std::unique_ptr<Method> { return Lora::create(trunk, {}, 1); }},
    {"LoRA on the table, the head and biases", "gpt2",
     [](const Trunk& trunk) -> std::unique_ptr<Method> {
       return Lora::create(
           trunk,
           {.targets = {.modules = {"wpe", "c_attn"}}, .kept = {.modules = {"ln_f"}, .bias = TrainedBias::targets}}, 1);
     }},
    {"DoRA", "gpt2",
     [](const Trunk& trunk) -> std::unique_ptr<Method> { return Lora::create(trunk, {.dora = true}, 1); }},
    {"PiSSA", "llama-gqa",
     [](const Trunk& trunk) -> std::unique_ptr<Method> {
       return Lora::create(trunk, {.rank = 4, .initial = LoraInitial::pissa}, 1);
     }},
    {"OLoRA", "llama-gqa",
     [](const Trunk& trunk) -> std::unique_ptr<Method> {
       return Lora::create(trunk, {.rank = 4, .rank_stabilized = true, .initial = LoraInitial::olora}, 1);
     }},
    {"AdaLoRA", "llama-gqa",
     [](const Trunk& trunk) -> std::unique_ptr<Method> { return AdaLora::create(trunk, {}, 1); }},
    {"IA3", "bert-mlm",
     [](const Trunk& trunk) -> std::unique_ptr<Method> { return std::make_unique<Ia3>(trunk, usual_ia3(trunk)); }},
    {"VeRA", "llama-gqa",
     [](const Trunk& trunk) -> std::unique_ptr<Method> {
       return std::make_unique<Vera>(trunk, VeraConfig{.rank = 16});
     }},
};

// Moves everything that is trained, as a few steps would.
void disturb(Method& method, const Trunk& trunk) {
  int sign = 1;
  for (const AdapterTensor& tensor : method.trainable())
    for (float& value : tensor.value.values()) value += 0.02f * float(sign = -sign) + 0.005f;
  method.lower(trunk, Lane(trunk.backend));
}

}  // namespace

TEST_CASE("A new adapter is no change; it merges to what it is beside the model, and comes back from a folder",
          "[adapters]") {
  const Maker& maker = kMakers[GENERATE(range(0, int(std::size(kMakers))))];
  INFO(maker.name);
  const std::unique_ptr<Trunk> trunk = load(maker.model);
  const std::vector<float> plain = logits(*trunk);
  const std::unique_ptr<Method> method = maker.make(*trunk);
  CHECK(largest_difference(logits(*trunk, &method->edits()), plain) < 1e-5);
  CHECK(method->parameters() > 0);

  const std::unique_ptr<Method> before = method->copy();
  disturb(*method, *trunk);
  const std::vector<float> changed = logits(*trunk, &method->edits());
  CHECK(largest_difference(changed, plain) > 1e-3);
  CHECK(largest_difference(logits(*trunk, &before->edits()), plain) < 1e-5);
  CHECK(logits(*trunk, &method->copy()->edits()) == changed);

  const TemporaryFolder folder;
  save_peft(*method, folder.path(), "base");
  const std::unique_ptr<Method> loaded = load_peft(folder.path(), *trunk);
  CHECK(largest_difference(logits(*trunk, &loaded->edits()), changed) < 1e-5);
  CHECK(loaded->sites() == method->sites());

  const std::vector<MergedWeight> originals = merge(method->edits(), *trunk, true);
  CHECK(largest_difference(logits(*trunk), changed) < 2e-4);
  for (const MergedWeight& merged : originals) *merged.weight = merged.original;
  CHECK(logits(*trunk) == plain);
}

TEST_CASE("A classifier's folder has the head that PEFT asks for, trained or not", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load("bert-seqcls-3");
  const std::unique_ptr<Method> method = Lora::create(*trunk, {.targets = {.modules = {"query"}}, .rank = 2}, 1);
  disturb(*method, *trunk);
  CHECK(method->trainable().size() == 4);
  const TemporaryFolder folder;
  save_peft(*method, folder.path(), "base");
  CHECK(read_json(folder.path() / "adapter_config.json")["modules_to_save"] == Json::array({"classifier"}));
  const SafetensorsFile file = SafetensorsFile::open(folder.path() / "adapter_model.safetensors");
  CHECK(file.require("base_model.model.classifier.weight").shape == std::vector<int64_t>{3, 48});
  CHECK(file.tensors().size() == 6);
  const std::unique_ptr<Method> loaded = load_peft(folder.path(), *trunk);
  CHECK(loaded->trainable().size() == 6);
  CHECK(loaded->untrained_head().empty());
  CHECK(largest_difference(logits(*trunk, &loaded->edits()), logits(*trunk, &method->edits())) < 1e-6);
}

TEST_CASE("Low-rank adapters are saved as plain LoRA; what is more is refused by name", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load("llama-gqa");
  for (const Maker& maker : kMakers) {
    if (std::string(maker.model) != "llama-gqa") continue;
    INFO(maker.name);
    const std::unique_ptr<Method> method = maker.make(*trunk);
    disturb(*method, *trunk);
    const TemporaryFolder folder;
    save_peft(*Lora::of(*method, *trunk), folder.path(), "base");
    const std::unique_ptr<Method> loaded = load_peft(folder.path(), *trunk);
    CHECK(loaded->config()["peft_type"] == "LORA");
    CHECK(largest_difference(logits(*trunk, &loaded->edits()), logits(*trunk, &method->edits())) < 1e-5);
  }
  const std::unique_ptr<Method> dora = Lora::create(*trunk, {.dora = true}, 1);
  CHECK(refusal<UnsupportedError>([&] { Lora::of(*dora, *trunk); }) ==
        "unsupported: this adapter as plain LoRA: model.layers.0.self_attn.q_proj has a gain");
}

TEST_CASE("AdaLoRA's budget falls on a cubic curve, and a matrix may be left with no rank", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load("llama-gqa");
  const std::unique_ptr<AdaLora> adalora = AdaLora::create(
      *trunk,
      {.targets = {.modules = {"q_proj"}}, .initial_rank = 4, .target_rank = 1, .warmup_steps = 2, .final_steps = 3},
      1);
  adalora->begin(10);
  const int expected[] = {8, 8, 5, 3, 2, 2, 2, 2, 2, 2};
  for (int step = 1; step <= 10; ++step) CHECK(adalora->budget(step) == expected[step - 1]);
  CHECK(refusal<ArgumentError>([&] { adalora->begin(5); }) ==
        "AdaLoRA: warmup_steps 2 and final_steps 3 of 5 steps in all leave none to decide the ranks, expected less");

  // Gradients that make the second layer matter alone.
  const std::shared_ptr<Memory> memory = adalora->fresh_memory();
  Gradients gradients(memory);
  std::vector<AdapterTensor> tensors = adalora->trainable();
  for (const AdapterTensor& tensor : tensors) gradients.watch(tensor.value);
  adalora->begin(10);
  for (int step = 1; step <= 10; ++step) {
    gradients.clear();
    for (const AdapterTensor& tensor : tensors) {
      const bool matters = tensor.name.find("layers.1.") != std::string::npos;
      float* gradient = gradients.reach_on_host(tensor.value);
      for (size_t i = 0; i < tensor.value.size(); ++i) {
        if (tensor.name.ends_with(".lora_E")) tensor.value.values()[i] = float(i + 1);
        gradient[i] = matters ? float(step) : 0.0f;
      }
    }
    adalora->finish_step(gradients, 1, step);
  }
  CHECK(adalora->ranks() ==
        std::map<std::string, int>{{"model.layers.0.self_attn.q_proj", 0}, {"model.layers.1.self_attn.q_proj", 2}});
  adalora->lower(*trunk, Lane(trunk->backend));
  const TemporaryFolder folder;
  save_peft(*adalora, folder.path(), "base");
  const std::unique_ptr<Method> loaded = load_peft(folder.path(), *trunk);
  CHECK(loaded->ranks() == adalora->ranks());
  CHECK(largest_difference(logits(*trunk, &loaded->edits()), logits(*trunk, &adalora->edits())) < 1e-5);
  const TemporaryFolder plain;
  save_peft(*Lora::of(*loaded, *trunk), plain.path(), "base");
  CHECK(load_peft(plain.path(), *trunk)->ranks() == std::map<std::string, int>{{"model.layers.1.self_attn.q_proj", 2}});
}

TEST_CASE("PiSSA's factors are the largest part of the matrix", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load("llama-gqa");
  const std::unique_ptr<Lora> lora = Lora::create(
      *trunk, {.targets = {.modules = {"k_proj"}}, .rank = 16, .alpha = 32, .initial = LoraInitial::pissa}, 1);
  const Weight& weight = *trunk->parameters.find("model.layers.0.self_attn.k_proj.weight");
  const std::vector<AdapterTensor> tensors = lora->trainable();
  const Tensor &down = tensors[0].value, &up = tensors[1].value;
  const Tensor values = weight.values(Lane(trunk->backend), *trunk->memory);
  double worst = 0;
  for (int row = 0; row < values.rows(); ++row)
    for (int col = 0; col < values.cols(); ++col) {
      double sum = 0;
      for (int k = 0; k < 16; ++k) sum += 2.0 * up.row(row)[size_t(k)] * down.row(k)[size_t(col)];
      worst = std::max(worst, std::abs(sum - values.row(row)[size_t(col)]));
    }
  CHECK(worst < 1e-5);  // of full rank, the whole of it
}

TEST_CASE("What cannot be is refused by name", "[adapters]") {
  const std::unique_ptr<Trunk> llama = load("llama-gqa"), tied = load("gpt2");
  const auto refused = [](const Trunk& trunk, const LoraConfig& config) {
    return refusal<Error>([&] { Lora::create(trunk, config, 1); });
  };
  CHECK(refused(*llama, {.targets = {.modules = {"norm"}}}) ==
        "unsupported: an adapter on model.norm.weight (target_modules: \"norm\")");
  CHECK(refused(*llama, {.targets = {.modules = {"query"}}}).find("the model has no module \"query\"") !=
        std::string::npos);
  CHECK(refused(*llama, {.targets = {.modules = {"embed_tokens"}}, .dora = true}) ==
        "unsupported: DoRA on the table model.embed_tokens");
  CHECK(refused(*llama, {.kept = {.modules = {"classifier"}}}) ==
        "modules_to_save: the model has no module \"classifier\"");
  CHECK(refused(*tied, {.kept = {.modules = {"wte"}}}) ==
        "unsupported: modules_to_save with transformer.wte.weight, which the head shares");
  CHECK(refused(*llama, {.dora = true, .initial = LoraInitial::pissa}) ==
        "LoRA: dora and initial are both given, expected one of them");
  const std::unique_ptr<Lora> table = Lora::create(*tied, {.targets = {.modules = {"wte"}}}, 1);
  CHECK(refusal<UnsupportedError>([&] { merge(table->edits(), *tied, true); }) ==
        "unsupported: merging an adapter on transformer.wte.weight, which is the head, too");
}

}  // namespace graft
