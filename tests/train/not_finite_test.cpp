// SPDX-License-Identifier: Apache-2.0
//
// Steps whose loss or gradient is not finite.
#include <catch2/catch.hpp>
#include <cmath>

#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"
#include "train/tiny_run.hpp"

namespace graft {
namespace {

constexpr int kBadStep = 3;

// A run in which one value is spoiled before a step, and put right by the host when it is asked.
class SpoiledRun {
 public:
  explicit SpoiledRun(TrainOptions options) : options_(std::move(options)) {
    options_.on_step = [this](const StepInfo& step) {
      if (step.step == kBadStep - 1) value() = INFINITY;
      if (step.step == stop_after) source_.request_stop();
    };
    options_.on_not_finite = [this](const std::string& what) {
      asked.push_back(what);
      value() = sound_;
      return true;
    };
    options_.cancel = source_.get_token();
  }

  TrainReport operator()() {
    sound_ = value();
    return fit(*trunk_, *lora, rows_, options_);
  }

  std::unique_ptr<Trunk> trunk_ = tiny_llama("");
  std::unique_ptr<Lora> lora = Lora::create(*trunk_, {.targets = {.modules = {"q_proj", "down_proj"}}, .rank = 4}, 3);
  std::vector<std::string> asked;
  int stop_after = 0;

  float& value() { return lora->trainable()[0].value.values()[5]; }

 private:
  TrainOptions options_;
  std::stop_source source_;
  float sound_ = 0;
  std::vector<TokenRow> rows_ = golden_rows(Goldens::load(golden_path("adapters/llama-lora")));
};

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

TEST_CASE("A step that is not finite is taken back, and the tensor at fault named", "[train]") {
  const std::vector<TokenRow> rows = golden_rows(Goldens::load(golden_path("adapters/llama-lora")));
  const auto trunk = tiny_llama("");
  const std::unique_ptr<Lora> lora = Lora::create(*trunk, {.rank = 4}, 3);
  const AdapterTensor spoiled = lora->trainable()[2];
  spoiled.value.values()[1] = NAN;
  const std::vector<float> before = values(*lora);
  int asked = 0;
  TrainOptions options = golden_options();
  if (GENERATE(false, true)) options.on_not_finite = [&](const std::string&) { return ++asked > 1; };
  const std::string said = refusal<NumericError>([&] { fit(*trunk, *lora, rows, options); });
  CHECK(said.find("training: step 1: the loss is nan, for " + training_name(spoiled)) != std::string::npos);
  CHECK(said.find("the values are those of the step before") != std::string::npos);
  const std::vector<float> after = values(*lora);
  CHECK(std::memcmp(after.data(), before.data(), before.size() * sizeof(float)) == 0);
  CHECK(asked == (options.on_not_finite ? 1 : 0));
}

TEST_CASE("Training goes on without a step that is not finite where the host wants it", "[train]") {
  SpoiledRun run(golden_options());
  const TrainReport report = run();
  CHECK(report.left_out_steps == 1);
  CHECK(report.losses.size() == size_t(report.steps));
  CHECK(std::isnan(report.losses[kBadStep - 1]));
  CHECK(std::isfinite(report.losses.back()));
  CHECK(report.losses.back() < report.losses.front());
  CHECK(all_finite(values(*run.lora)));
  REQUIRE(run.asked.size() == 1);
  CHECK(report.notices == std::vector{run.asked[0] + "; the step was left out"});
}

TEST_CASE("A run that left out a step is resumed to the same bits", "[train]") {
  SpoiledRun whole(golden_options());
  const TrainReport undisturbed = whole();
  const TemporaryFolder folder;
  TrainOptions options = golden_options();
  options.checkpoints = folder.path();
  options.checkpoint_every = 1;
  SpoiledRun broken(options);
  broken.stop_after = kBadStep + 1;
  CHECK(broken().cancelled);
  SpoiledRun resumed(options);
  const TrainReport report = resumed();
  CHECK(resumed.asked.empty());
  CHECK(report.left_out_steps == 1);
  CHECK(values(*resumed.lora) == values(*whole.lora));
  CHECK(std::isnan(report.losses[kBadStep - 1]));
  CHECK(report.losses.back() == undisturbed.losses.back());
}

TEST_CASE("An infinite gradient is not hidden by clipping its values", "[train]") {
  const std::vector<TokenRow> rows = golden_rows(Goldens::load(golden_path("adapters/llama-lora")));
  const auto trunk = tiny_llama("");
  const std::unique_ptr<Lora> lora = Lora::create(*trunk, {.rank = 4}, 3);
  lora->trainable()[0].value.values()[0] = INFINITY;
  TrainOptions options = golden_options();
  options.max_gradient_value = 1;
  CHECK_THROWS_AS(fit(*trunk, *lora, rows, options), NumericError);
}

TEST_CASE("A held-out loss that is not finite is never the best", "[train]") {
  SpoiledRun run(golden_options());
  const std::vector<TokenRow> rows = golden_rows(Goldens::load(golden_path("adapters/llama-lora")));
  TrainOptions options = golden_options();
  options.evaluate_every = 2;
  float sound = 0;
  options.on_step = [&](const StepInfo& step) {
    sound = run.value();
    if (step.step == 4) run.value() = NAN;
  };
  options.on_evaluation = [&](const Evaluation&) { run.value() = sound; };
  const TrainReport report = fit(*run.trunk_, *run.lora, rows, options, rows);
  CHECK(std::isnan(report.evaluations[1].loss));
  CHECK(std::isfinite(report.best.loss));
  CHECK(report.best.step != 4);
}

}  // namespace graft
