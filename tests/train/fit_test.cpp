// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "adapters/adalora.hpp"
#include "adapters/peft_files.hpp"
#include "adapters/vera.hpp"
#include "support/temporary_folder.hpp"
#include "support/tested_kernels.hpp"
#include "train/tiny_run.hpp"

namespace graft {
namespace {

float worst(std::span<const float> got, const Golden& golden) {
  float most = 0;
  for (size_t i = 0; i < golden.floats.size(); ++i) most = std::max(most, std::abs(got[i] - golden.floats[i]));
  return most;
}

}  // namespace

TEST_CASE("A LoRA run follows PEFT's step by step on every table", "[train]") {
  const std::string name = GENERATE("llama-lora", "llama-lora-patterns");
  const Goldens goldens = Goldens::load(golden_path("adapters/" + name));
  const std::vector<TokenRow> rows = golden_rows(goldens);
  for (const std::string& table : tested_kernels()) {
    INFO(name << " on " << table);
    const auto trunk = tiny_llama(table);
    const std::unique_ptr<Method> lora = load_peft(golden_path("adapters/" + name) / "adapter", *trunk);
    std::vector<float> norms;
    TrainOptions options = golden_options();
    options.on_step = [&](const StepInfo& step) { norms.push_back(step.gradient_norm); };
    const TrainReport report = fit(*trunk, *lora, rows, options);
    CHECK(worst(report.losses, goldens.at("train.loss")) <= goldens.at("train.loss").tolerance);
    CHECK(worst(norms, goldens.at("train.grad_norm")) <= goldens.at("train.grad_norm").tolerance);
    for (const AdapterTensor& parameter : lora->trainable()) {
      const auto golden = goldens.tensors.find("train.final." + parameter.name);
      if (golden == goldens.tensors.end()) continue;
      INFO(parameter.name);
      CHECK(worst(parameter.value.values(), golden->second) <= golden->second.tolerance);
    }
  }
}

TEST_CASE("Micro-batches and threads do not change a run", "[train]") {
  const Goldens goldens = Goldens::load(golden_path("adapters/llama-lora"));
  const std::vector<TokenRow> rows = golden_rows(goldens);
  const auto run = [&](int threads, int micro_batch_tokens, bool recompute) {
    const auto trunk = tiny_llama("", threads);
    const std::unique_ptr<Lora> lora =
        Lora::create(*trunk, {.targets = {.modules = {"q_proj", "down_proj"}}, .rank = 4, .dropout = 0.2f}, 7);
    TrainOptions options = golden_options();
    options.micro_batch_tokens = micro_batch_tokens;
    options.recompute = recompute;
    fit(*trunk, *lora, rows, options);
    return values(*lora);
  };
  const std::vector<float> one = run(1, 1000, false);
  CHECK(one == run(2, 1000, false));
  CHECK(one == run(3, 1000, true));
  const std::vector<float> cut = run(2, 16, false);
  float most = 0;
  for (size_t i = 0; i < one.size(); ++i) most = std::max(most, std::abs(one[i] - cut[i]));
  CHECK(most < 1e-4f);
}

TEST_CASE("A run that was cancelled goes on from its checkpoint to the same bits", "[train]") {
  const Goldens goldens = Goldens::load(golden_path("adapters/llama-lora"));
  const std::vector<TokenRow> rows = golden_rows(goldens);
  const TemporaryFolder folder;
  const auto trunk = tiny_llama("");
  const auto run = [&](Method& adapter, std::filesystem::path checkpoints, int stop_after) {
    std::stop_source source;
    TrainOptions options = golden_options();
    options.batch = 2;
    options.shuffle = true;
    options.evaluate_every = 3;
    options.checkpoints = std::move(checkpoints);
    options.checkpoint_every = 2;
    options.cancel = source.get_token();
    options.on_step = [&](const StepInfo& step) {
      if (step.step == stop_after) source.request_stop();
    };
    return fit(*trunk, adapter, rows, options, rows);
  };
  const int kind = GENERATE(0, 1, 2, 3, 4);
  const auto fresh = [&]() -> std::unique_ptr<Method> {
    const TargetChoice targets{.modules = {"q_proj", "down_proj"}};
    if (kind == 1) return Lora::create(*trunk, {.targets = targets, .rank = 4, .dora = true}, 3);
    if (kind == 2)
      return AdaLora::create(*trunk, {.targets = targets, .dropout = 0.1f, .initial_rank = 4, .target_rank = 2}, 3);
    if (kind == 3) return Lora::create(*trunk, {.targets = targets, .rank = 4, .initial = LoraInitial::pissa}, 3);
    if (kind == 4) return std::make_unique<Vera>(*trunk, VeraConfig{.targets = targets, .rank = 8});
    return Lora::create(*trunk, {.rank = 4, .dropout = 0.1f}, 3);
  };
  INFO("method " << kind);
  const std::unique_ptr<Method> whole = fresh();
  const TrainReport undisturbed = run(*whole, {}, 0);
  for (int stop = 1; stop < 12; stop += 3) {
    const std::unique_ptr<Method> stopped = fresh();
    CHECK(run(*stopped, folder.path() / std::to_string(stop), stop).cancelled);
    const std::unique_ptr<Method> resumed = fresh();
    const TrainReport report = run(*resumed, folder.path() / std::to_string(stop), 0);
    CHECK(values(*resumed) == values(*whole));
    CHECK(resumed->ranks() == whole->ranks());
    CHECK(report.losses == undisturbed.losses);
    CHECK(report.notices.size() == 1);
  }
}

TEST_CASE("Training refuses what would fail in silence", "[train]") {
  const Goldens goldens = Goldens::load(golden_path("adapters/llama-lora"));
  std::vector<TokenRow> rows = golden_rows(goldens);
  const auto trunk = tiny_llama("");
  const std::unique_ptr<Lora> lora = Lora::create(*trunk, {.rank = 4}, 3);
  TrainOptions options = golden_options();
  SECTION("a loss that is not finite leaves the values as they were") {
    lora->trainable()[0].value.values()[0] = INFINITY;
    const std::vector<float> before = values(*lora);
    CHECK_THROWS_AS(fit(*trunk, *lora, rows, options), NumericError);
    CHECK(values(*lora) == before);
  }
  SECTION("a parameter that no gradient reaches") {
    const Parameter stray{"stray", Tensor::zeros(*Memory::create(*trunk->backend), 2, 2)};
    CHECK_THROWS_WITH(fit(*trunk, *lora, rows, options, {}, {stray}), "training: no gradient reaches stray");
  }
  SECTION("a memory budget that is too small") {
    options.memory_budget = 1 << 16;
    CHECK_THROWS_AS(fit(*trunk, *lora, rows, options), ResourceError);
  }
  SECTION("options out of range") {
    options.batch = 0;
    CHECK_THROWS_WITH(fit(*trunk, *lora, rows, options), "TrainOptions: batch is 0, expected 1 to 2.14748e+09");
  }
}

}  // namespace graft
