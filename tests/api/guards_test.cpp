// SPDX-License-Identifier: Apache-2.0
//
// What training tells its host rather than let it pass in silence.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>

#include "api/tiny_model.hpp"
#include "graft/trainer.hpp"
#include "support/faults.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

const TrainOptions kFast{.epochs = 2, .batch = 3, .learning_rate = 1e-2f, .seed = 3};

class Guarded {
 public:
  TrainReport fit(const Dataset& data, const TrainOptions& options, const Dataset* held_out = nullptr) {
    return held_out ? Trainer(model, adapter, options).fit(data, *held_out)
                    : Trainer(model, adapter, options).fit(data);
  }
  Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter = LoRAAdapter(model, {.rank = 4, .seed = 1});
};

size_t count_of(const TrainReport& report, const std::string& part) {
  return size_t(std::ranges::count_if(
      report.notices, [&](const std::string& notice) { return notice.find(part) != std::string::npos; }));
}

}  // namespace

TEST_CASE("Examples that never teach an end are told", "[api][train]") {
  Guarded guarded;
  CHECK(count_of(guarded.fit(questions(), kFast), "does not learn to stop") == 0);
  TrainOptions cut = kFast;
  cut.max_length = 10;
  CHECK(count_of(guarded.fit(questions(), cut), "does not learn to stop") == 1);
}

TEST_CASE("A text that brings a second begin-of-text token is told", "[api][train]") {
  Guarded guarded;
  const Tokenizer& tokenizer = guarded.model.tokenizer();
  REQUIRE(tokenizer.bos().has_value());
  const std::string bos = tokenizer.token(*tokenizer.bos());
  const Dataset data = Dataset::from(std::vector<Example>{{.prompt = bos + bos + "Who?", .completion = " You"},
                                                          {.prompt = "Who?", .completion = " Me"}});
  const TrainReport report = guarded.fit(data, kFast);
  CHECK(count_of(report, "1 examples begin with two begin-of-text tokens") == 1);
}

TEST_CASE("Held-out examples that are trained on are told", "[api][train]") {
  Guarded guarded;
  const Dataset others = questions(8);
  CHECK(count_of(guarded.fit(questions(), kFast, &others), "6 of 8 held-out examples") == 1);
  const auto [train, held_out] = questions().split(0.5);
  CHECK(count_of(guarded.fit(train, kFast, &held_out), "held-out examples") == 0);
}

TEST_CASE("A run that trains nothing is told", "[api][train]") {
  Guarded guarded;
  const TemporaryFolder folder;
  TrainOptions options = kFast;
  options.checkpoints = folder.path();
  CHECK(count_of(guarded.fit(questions(), options), "nothing was trained") == 0);
  CHECK(count_of(guarded.fit(questions(), options), "nothing was trained: the run was complete already") == 1);
  std::stop_source source;
  source.request_stop();
  options.resume = false;
  options.cancel = source.get_token();
  const TrainReport report = guarded.fit(questions(), options);
  CHECK(report.cancelled);
  CHECK(count_of(report, "nothing was trained: cancelled before the first step") == 1);
}

TEST_CASE("A result that cannot be saved is refused before it is trained, or kept", "[api][train][faults]") {
  Guarded guarded;
  const TemporaryFolder folder;
  TrainOptions options = kFast;
  options.save_to = folder.file("file", "in the way") / "adapter";
  const std::vector<float> before = values_of(guarded.adapter);
  CHECK(refusal([&] { guarded.fit(questions(), options); }).find("save_to: ") != std::string::npos);
  CHECK(values_of(guarded.adapter) == before);

  options.save_to = folder.path() / "adapter";
  std::optional<Fault> fault;
  options.on_step = [&](const StepInfo& step) {
    if (step.step == step.steps) fault.emplace(Call::write, 1, ENOSPC, Fault::After::fails);
  };
  const std::string said = refusal([&] { guarded.fit(questions(), options); });
  fault.reset();
  CHECK(said.find("No space left on device; the result of the training is not saved, but kept in memory") !=
        std::string::npos);
  CHECK(values_of(guarded.adapter) != before);
  guarded.adapter.save(options.save_to);
  const Adapter loaded = Adapter::load(options.save_to, guarded.model);
  CHECK(values_of(loaded) == values_of(guarded.adapter));
}

TEST_CASE("A disk that fills up ends a run, which goes on from the checkpoint before", "[api][train][faults]") {
  Guarded undisturbed, full, resumed;
  const TemporaryFolder folder;
  TrainOptions options = kFast;
  options.epochs = 4;
  undisturbed.fit(questions(), options);
  options.checkpoints = folder.path();
  options.checkpoint_every = 1;
  std::optional<Fault> fault;
  options.on_step = [&](const StepInfo& step) {
    if (step.step == 4) fault.emplace(Call::write, 1, ENOSPC, Fault::After::fails);
  };
  const std::string said = refusal([&] { full.fit(questions(), options); });
  fault.reset();
  CHECK(said.find("step-4") != std::string::npos);
  CHECK(said.find("No space left on device") != std::string::npos);
  options.on_step = {};
  const TrainReport report = resumed.fit(questions(), options);
  CHECK(count_of(report, "resumed from " + (folder.path() / "step-3").string()) == 1);
  CHECK(values_of(resumed.adapter) == values_of(undisturbed.adapter));
}

}  // namespace graft
