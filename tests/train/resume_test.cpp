// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/temporary_folder.hpp"
#include "train/option_fields.hpp"
#include "train/tiny_run.hpp"

namespace graft {
namespace {

// Every kind of state that an optimizer may have.
std::vector<OptimizerOptions> optimizers_with_all_states() {
  std::vector<OptimizerOptions> all;
  for (size_t i = 0; i < kOptimizerNames.size(); ++i) all.push_back(default_optimizer(i));
  all[0] = AdamW{.amsgrad = true};
  all[2] = SGD{.momentum = 0.9f, .nesterov = true};
  all[3] = RMSprop{.momentum = 0.5f, .centered = true};
  all[5] = Adafactor{.beta1 = 0.9f};
  return all;
}

struct TinyRun {
  std::unique_ptr<Trunk> trunk = tiny_llama("");
  std::vector<TokenRow> rows = golden_rows(Goldens::load(golden_path("adapters/llama-lora")));

  // Of rank 80, so that some factors are large enough for moments in bytes.
  std::unique_ptr<Lora> fresh() const {
    return Lora::create(*trunk, {.targets = {.modules = {"q_proj", "down_proj"}}, .rank = 80}, 3);
  }

  TrainReport operator()(Method& lora, TrainOptions options, int stop_after) const {
    std::stop_source source;
    options.cancel = source.get_token();
    options.on_step = [&](const StepInfo& step) {
      if (step.step == stop_after) source.request_stop();
    };
    return fit(*trunk, lora, rows, options, rows);
  }
};

TrainOptions run_options(const OptimizerOptions& optimizer) {
  TrainOptions options = golden_options();
  options.epochs = 4;
  options.batch = 2;
  options.optimizer = optimizer;
  options.ema_decay = 0.8f;
  options.evaluate_every = 3;
  options.checkpoint_every = 2;
  return options;
}

}  // namespace

TEST_CASE("A resumed run has the bits of the unbroken one, with every optimizer", "[train]") {
  const TinyRun run;
  for (const OptimizerOptions& optimizer : optimizers_with_all_states()) {
    INFO(kOptimizerNames[optimizer.index()]);
    const TemporaryFolder folder;
    TrainOptions options = run_options(optimizer);
    const std::unique_ptr<Lora> whole = run.fresh(), broken = run.fresh(), resumed = run.fresh();
    const TrainReport undisturbed = run(*whole, options, 0);
    options.checkpoints = folder.path();
    CHECK(run(*broken, options, 5).cancelled);
    const TrainReport report = run(*resumed, options, 0);
    CHECK(report.losses == undisturbed.losses);
    CHECK(values(*resumed) == values(*whole));
    CHECK(values(*resumed) != values(*broken));
  }
}

TEST_CASE("A run does not go on with another optimizer or schedule", "[train]") {
  const TinyRun run;
  const TemporaryFolder folder;
  TrainOptions options = run_options(SGD{.momentum = 0.9f});
  options.checkpoints = folder.path();
  const std::unique_ptr<Lora> lora = run.fresh();
  run(*lora, options, 3);
  const auto refusal = [&](const TrainOptions& other) {
    try {
      run(*lora, other, 0);
    } catch (const ArgumentError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  TrainOptions other = options;
  other.optimizer = Lion{};
  CHECK(refusal(other).find("\"optimizer\" was {\"dampening\":0.0") != std::string::npos);
  CHECK(refusal(other).find("\"name\":\"lion\"") != std::string::npos);
  other = options;
  other.schedule = Schedule::cosine;
  CHECK(refusal(other).find("\"schedule\" was {") != std::string::npos);
  CHECK(refusal(options) == "accepted");
}

TEST_CASE("The running mean of the weights is evaluated and kept", "[train]") {
  const TinyRun run;
  TrainOptions options = run_options(SGD{});
  options.schedule = Schedule::constant;
  options.warmup_steps = 0;
  options.warmup_ratio = 0;
  options.max_steps = 1;
  options.keep_best = GENERATE(false, true);
  options.ema_decay = 0.75f;
  const std::unique_ptr<Lora> start = run.fresh(), averaged = run.fresh(), plain = run.fresh();
  const TrainReport with = run(*averaged, options, 0);
  options.ema_decay = 0;
  const TrainReport without = run(*plain, options, 0);
  const std::vector<float> a = values(*averaged), b = values(*plain), from = values(*start);
  CHECK(b != from);
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(from[i] + 0.25f * (b[i] - from[i])).margin(1e-7));
  CHECK(with.evaluations[0].loss != without.evaluations[0].loss);
}

TEST_CASE("The result may be the mean of the newest checkpoints", "[train]") {
  const TinyRun run;
  const TemporaryFolder folder;
  TrainOptions options = run_options(SGD{});
  options.ema_decay = 0;
  options.keep_best = false;
  options.checkpoint_every = 1;
  options.keep_checkpoints = 3;
  options.max_steps = 4;
  std::vector<std::vector<float>> steps;
  const std::unique_ptr<Lora> lora = run.fresh();
  options.on_checkpoint = [&](const std::filesystem::path&) { steps.push_back(values(*lora)); };
  options.checkpoints = folder.path();
  options.average_checkpoints = 3;
  run(*lora, options, 0);
  const std::vector<float> mean = values(*lora);
  REQUIRE(steps.size() == 4);
  for (size_t i = 0; i < mean.size(); ++i)
    CHECK(mean[i] == Approx((steps[1][i] + steps[2][i] + steps[3][i]) / 3).margin(1e-7));
}

TEST_CASE("Gradients may be clipped by value and by other norms", "[train]") {
  const TinyRun run;
  TrainOptions options = run_options(SGD{});
  options.max_steps = 1;
  std::vector<float> norms;
  for (const GradientNorm kind : {GradientNorm::l2, GradientNorm::l1, GradientNorm::largest}) {
    options.gradient_norm = kind;
    const std::unique_ptr<Lora> lora = run.fresh();
    TrainOptions watched = options;
    watched.on_step = [&](const StepInfo& step) { norms.push_back(step.gradient_norm); };
    fit(*run.trunk, *lora, run.rows, watched);
  }
  CHECK(norms[1] > norms[0]);
  CHECK(norms[0] > norms[2]);
  options.max_gradient_value = norms[2] / 2;
  options.on_step = [&](const StepInfo& step) { CHECK(step.gradient_norm == Approx(norms[2] / 2)); };
  const std::unique_ptr<Lora> lora = run.fresh();
  fit(*run.trunk, *lora, run.rows, options);
}

}  // namespace graft
