// SPDX-License-Identifier: Apache-2.0
#include "train/fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "adapters/adalora.hpp"
#include "adapters/lora.hpp"
#include "adapters/peft_files.hpp"
#include "adapters/vera.hpp"
#include "formats/goldens.hpp"
#include "support/goldens.hpp"
#include "support/temporary_folder.hpp"
#include "train/adapter_training.hpp"
#include "train/token_objective.hpp"

namespace graft {
namespace {

std::unique_ptr<Trunk> tiny_llama(const std::string& kernels, int threads = 2) {
  return load_trunk(Checkpoint::open(golden_path("models/llama-gqa"), FileAccess::map),
                    Backend::create({.kernels = kernels, .threads = threads}));
}

std::vector<TokenRow> golden_rows(const Goldens& goldens) {
  const std::vector<int64_t>&ids = goldens.integers("ids"), &labels = goldens.integers("labels"),
        &offsets = goldens.integers("offsets");
  std::vector<TokenRow> rows;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    TokenRow& row = rows.emplace_back();
    for (int64_t at = offsets[i]; at < offsets[i + 1]; ++at) {
      row.ids.push_back(int32_t(ids[size_t(at)]));
      row.trained.push_back(at > offsets[i] && labels[size_t(at)] >= 0);
    }
  }
  return rows;
}

TrainReport fit(const Trunk& trunk, Method& adapter, const std::vector<TokenRow>& rows, const TrainOptions& options,
                const std::vector<TokenRow>& held_out_rows = {}, std::vector<NamedTensor> more_parameters = {}) {
  const TokenObjective train(trunk, rows, options, {.edits = &adapter.edits()}),
      held_out(trunk, held_out_rows, options, {.edits = &adapter.edits()});
  const Lane lane(trunk.backend);
  Trainable trainable = trainable_of(adapter, trunk, lane);
  trainable.parameters.insert(trainable.parameters.end(), more_parameters.begin(), more_parameters.end());
  return Fit(trunk.backend, std::move(trainable), {train, held_out_rows.empty() ? nullptr : &held_out}, options).run();
}

TrainOptions golden_options() {
  return {.epochs = 10, .batch = 3, .learning_rate = 0.01f, .warmup_steps = 2, .shuffle = false};
}

std::vector<float> values(const Method& lora) {
  std::vector<float> all;
  for (const AdapterTensor& parameter : lora.trainable())
    all.insert(all.end(), parameter.value.values().begin(), parameter.value.values().end());
  return all;
}

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
  for (const std::string& table : kernel_names()) {
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
    lora->trainable()[0].value.data()[0] = INFINITY;
    const std::vector<float> before = values(*lora);
    CHECK_THROWS_AS(fit(*trunk, *lora, rows, options), NumericError);
    CHECK(values(*lora) == before);
  }
  SECTION("a parameter that no gradient reaches") {
    const NamedTensor stray{"stray", Tensor::zeros(*Memory::create(), 2, 2)};
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
