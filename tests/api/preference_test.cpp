// SPDX-License-Identifier: Apache-2.0
//
// What preference tuning promises to its host.
#include <catch2/catch.hpp>

#include "api/tiny_model.hpp"
#include "graft/error.hpp"
#include "graft/trainer.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"
#include "train/option_fields.hpp"

namespace graft {
namespace {

Dataset pairs() {
  std::vector<Example> examples;
  for (const char* name : {"tea", "coffee", "water", "milk"})
    examples.push_back({.prompt = std::string("Some ") + name + "?", .chosen = " Yes, please.", .rejected = " No."});
  return Dataset::from(std::move(examples));
}

TrainOptions quick(PreferenceLoss loss) {
  TrainOptions options{.epochs = 12, .batch = 2, .learning_rate = 1e-2f};
  options.preference.loss = loss;
  return options;
}

}  // namespace

TEST_CASE("A model learns to prefer the chosen answers, by every loss", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  for (size_t loss = 1; loss < kPreferenceNames.size(); ++loss) {
    INFO(kPreferenceNames[loss]);
    LoRAAdapter adapter(model, {.rank = 4, .seed = 1});
    std::vector<Rewards> rewards;
    TrainOptions options = quick(PreferenceLoss(loss));
    options.on_step = [&](const StepInfo& step) { rewards.push_back(step.rewards.value()); };
    const TrainReport report = Trainer(model, adapter, options).fit(pairs(), pairs());
    CHECK(report.losses.back() < report.losses.front());
    CHECK(rewards.back().margin > rewards.front().margin);
    CHECK(report.evaluations.back().rewards.value().accuracy == 1);
    CHECK(evaluate(model, &adapter, pairs(), options).rewards.value().accuracy == 1);
    const std::vector<std::string> answers = {" Yes, please.", " No."};
    const std::vector<Scored> before = model.score("Some tea?", answers),
                              after = model.score("Some tea?", answers, {.adapter = &adapter});
    CHECK(after[0].log_likelihood - after[1].log_likelihood > before[0].log_likelihood - before[1].log_likelihood);
  }
}

TEST_CASE("Before the first step an adapter is its own reference: no reward, and dpo's loss is log 2", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter(model, {.rank = 4, .seed = 1});
  TrainOptions options = quick(PreferenceLoss::dpo);
  const Evaluation evaluation = evaluate(model, &adapter, pairs(), options);
  CHECK(evaluation.loss == Approx(0.693147f));
  CHECK(evaluation.tokens == 4);
  CHECK(evaluation.rewards->margin == Approx(0).margin(1e-3));
}

TEST_CASE("The model itself learns preferences beside a reference", "[api][train]") {
  const Model reference = tiny_model(Precision::automatic);
  Model model = tiny_model(Precision::automatic);
  TrainOptions options = quick(PreferenceLoss::dpo);
  options.learning_rate = 1e-3f;
  CHECK(refusal<ArgumentError>([&] { Trainer(model, options).fit(pairs()); }) ==
        "TrainOptions: preference.reference: without an adapter, expected another model to compare with");
  options.preference.reference = &reference;
  const TrainReport report = Trainer(model, options).fit(pairs(), pairs());
  CHECK(report.losses.front() == Approx(0.693147f).margin(1e-2));
  CHECK(report.evaluations.back().rewards.value().accuracy == 1);
  CHECK(Trainer(model, options).evaluate(pairs()).rewards->margin > 0);
  options.preference.loss = PreferenceLoss::simpo;
  options.preference.reference = nullptr;
  CHECK_NOTHROW(Trainer(model, options).fit(pairs()));
}

TEST_CASE("A resumed run of preferences has the bits of an unbroken one", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  const TemporaryFolder folder;
  const auto run = [&](std::filesystem::path checkpoints, int stop_after) {
    LoRAAdapter adapter(model, {.rank = 4, .seed = 1});
    std::stop_source stop;
    TrainOptions options = quick(PreferenceLoss::kto);
    options.checkpoints = std::move(checkpoints);
    options.cancel = stop.get_token();
    options.on_step = [&](const StepInfo& step) {
      if (step.step == stop_after) stop.request_stop();
    };
    Trainer(model, adapter, options).fit(pairs());
    return values_of(adapter);
  };
  const std::vector<float> unbroken = run({}, 0);
  const std::vector<float> broken = run(folder.path() / "run", 5);
  CHECK(broken != unbroken);
  CHECK(run(folder.path() / "run", 0) == unbroken);
}

TEST_CASE("Two answers need a preference loss, and a preference loss two answers", "[api][train]") {
  const Model model = tiny_model();
  LoRAAdapter adapter(model, {.rank = 4});
  CHECK(refusal<ArgumentError>([&] { Trainer(model, adapter).fit(pairs()); }) ==
        "example 1: has two answers, which need TrainOptions::preference");
  const Dataset plain = Dataset::from(std::vector<Example>{{.text = "a text"}});
  CHECK(refusal<ArgumentError>([&] { Trainer(model, adapter, quick(PreferenceLoss::dpo)).fit(plain); }) ==
        "example 1: has no chosen and rejected answer");
  TrainOptions options = quick(PreferenceLoss::dpo);
  options.preference.beta = 0;
  CHECK(refusal<ArgumentError>([&] { Trainer(model, adapter, options); }) ==
        "TrainOptions: preference.beta is 0, expected more than 0");
}

}  // namespace graft
