// SPDX-License-Identifier: Apache-2.0
//
// The schedules themselves are compared with torch's and transformers' by `graft verify tests/golden/optim`.
#include "train/schedule.hpp"

#include <catch2/catch.hpp>

#include "graft/error.hpp"
#include "train/fit.hpp"

namespace graft {
namespace {

std::vector<Evaluation> evaluations(std::initializer_list<float> losses) {
  std::vector<Evaluation> all;
  for (const float loss : losses) all.push_back({.loss = loss, .tokens = 1});
  return all;
}

}  // namespace

TEST_CASE("A plateau is told by evaluations without a gain", "[train]") {
  const ScheduleOptions options{.lowest = 0.3f, .gamma = 0.5f, .plateau_patience = 1, .plateau_threshold = 0.1f};
  CHECK(plateau_factor(options, {}) == 1);
  CHECK(plateau_factor(options, evaluations({1, 0.95f})) == 1);           // let pass
  CHECK(plateau_factor(options, evaluations({1, 0.95f, 0.95f})) == 0.5);  // no gain beyond the threshold
  CHECK(plateau_factor(options, evaluations({1, 0.95f, 0.8f, 0.8f})) == 1);
  CHECK(plateau_factor(options, evaluations({1, 1, 1, 1, 1})) == Approx(0.3));
}

TEST_CASE("one_cycle and warmup_stable_decay stay where they end", "[train]") {
  const RateSchedule cycle{Schedule::one_cycle, {.rise = 0.01f}, 0, 10};
  CHECK(cycle.factor(0) == Approx(1).margin(0.03));
  CHECK(cycle.factor(20) == Approx(4e-6));
  const RateSchedule stable{Schedule::warmup_stable_decay, {.lowest = 0.2f}, 5, 50};
  CHECK(stable.factor(44) == 1);
  CHECK(stable.factor(48) < 0.9);
  CHECK(stable.factor(70) == Approx(0.2));
}

TEST_CASE("Optimizers and schedules are checked at the door", "[train]") {
  const auto refusal = [](void (*change)(TrainOptions&)) {
    TrainOptions options;
    change(options);
    try {
      check_options(options);
    } catch (const ArgumentError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refusal([](TrainOptions&) {}) == "accepted");
  CHECK(refusal([](TrainOptions& o) { o.optimizer = Adam{.beta1 = 1}; }) ==
        "TrainOptions: optimizer.beta1 is 1, expected 0 to below 1");
  CHECK(refusal([](TrainOptions& o) { o.optimizer = Lion{.weight_decay = NAN}; }) ==
        "TrainOptions: optimizer.weight_decay is nan, expected at least 0");
  CHECK(refusal([](TrainOptions& o) { o.optimizer = SGD{.nesterov = true}; }) ==
        "TrainOptions: optimizer.nesterov: momentum is 0 and dampening 0, expected momentum and no dampening");
  CHECK(refusal([](TrainOptions& o) { o.schedule_options.lowest = 2; }) ==
        "TrainOptions: schedule_options.lowest is 2, expected 0 to 1");
  CHECK(refusal([](TrainOptions& o) { o.layer_rate_decay = 0; }) ==
        "TrainOptions: layer_rate_decay is 0, expected more than 0");
  CHECK(refusal([](TrainOptions& o) { o.ema_decay = 1; }) == "TrainOptions: ema_decay is 1, expected 0 to below 1");
  CHECK(refusal([](TrainOptions& o) { o.average_checkpoints = 2; }) ==
        "TrainOptions: average_checkpoints is 2, expected a folder of checkpoints, too");
  CHECK(refusal([](TrainOptions& o) { o.average_checkpoints = 3; }) ==
        "TrainOptions: average_checkpoints is 3, expected 0 to 2");
}

}  // namespace graft
