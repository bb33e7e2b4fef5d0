// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "support/json.hpp"
#include "train/option_fields.hpp"
#include "train/preference_loss.hpp"
#include "train/preference_objective.hpp"
#include "train/tiny_run.hpp"

namespace graft {
namespace {

PreferenceLoss loss_named(const std::string& name) {
  return PreferenceLoss(std::find(kPreferenceNames.begin(), kPreferenceNames.end(), name) - kPreferenceNames.begin());
}

AnswerLikelihood answer_of(const Json& json) {
  return {json[0].get<double>(), json[1].get<double>(), json[2].get<int64_t>()};
}

// Three pairs whose answers have other lengths.
PreferencePairs tiny_pairs(const TrainOptions& options) {
  std::vector<TokenRow> rows;
  for (const auto& [length, tokens] : {std::pair(2, 6), {2, 4}, {3, 5}, {3, 8}, {1, 3}, {1, 5}}) {
    TokenRow& row = rows.emplace_back();
    for (int i = 0; i < tokens; ++i) {
      row.ids.push_back(int32_t((7 * int(rows.size()) + 11 * i) % 60 + 1));
      row.trained.push_back(i >= length);
    }
  }
  for (size_t i = 0; i < rows.size(); i += 2)  // one prompt a pair
    for (size_t at = 0; !rows[i].trained[at]; ++at) rows[i + 1].ids[at] = rows[i].ids[at];
  return make_pairs(std::move(rows), options);
}

}  // namespace

TEST_CASE("Preference losses, slopes and rewards are those of PyTorch", "[train]") {
  const Json cases = read_json(golden_path("preference/losses.json"));
  CHECK(cases.size() == 15);
  for (const Json& wanted : cases) {
    PreferenceOptions options{.loss = loss_named(wanted["loss"].get<std::string>())};
    each_field(options, [&](const char* name, float& value, Bound) { value = wanted["options"][name].get<float>(); });
    const AnswerLikelihood chosen = answer_of(wanted["chosen"]), rejected = answer_of(wanted["rejected"]);
    const PairLoss found = pair_loss(options, chosen, rejected, wanted["divergence"].get<double>());
    INFO(wanted.dump());
    const auto is_close = [&](double value, const char* name) {
      return std::abs(value - wanted[name].get<double>()) <= 1e-6 * std::max(1.0, std::abs(value));
    };
    CHECK(is_close(found.loss, "value"));
    CHECK(is_close(found.chosen_slope, "chosen_slope"));
    CHECK(is_close(found.rejected_slope, "rejected_slope"));
    CHECK(is_close(found.chosen_reward, "chosen_reward"));
    CHECK(is_close(found.rejected_reward, "rejected_reward"));
  }
}

TEST_CASE("The gradient of a step of pairs is that of finite differences, however it is cut", "[train]") {
  const int micro_batch_tokens = GENERATE(1, 1000);
  const auto trunk = tiny_llama("");
  const Lane lane(trunk->backend);
  const auto memory = Memory::create(lane.backend());
  for (size_t loss = 1; loss < kPreferenceNames.size(); ++loss) {
    INFO(kPreferenceNames[loss]);
    TrainOptions options{.micro_batch_tokens = micro_batch_tokens, .precision = Precision::f32};
    options.preference = {.loss = PreferenceLoss(loss), .beta = 0.7f};
    const std::unique_ptr<Lora> lora =
        Lora::create(*trunk, {.targets = {.modules = {"q_proj", "down_proj"}}, .rank = 2}, 7);
    for (const AdapterTensor& parameter : lora->trainable())
      for (size_t i = 0; i < parameter.value.size(); ++i) parameter.value.values()[i] = 0.3f * std::sin(float(i) + 1);
    PreferencePairs pairs = tiny_pairs(options);
    if (has_reference(options.preference.loss)) add_reference(pairs, {*trunk, lane, memory, Precision::f32}, options);
    const PreferenceObjective objective(*trunk, pairs, options, &lora->edits());
    const std::vector<size_t> examples = {2, 0, 1};
    Gradients gradients(memory);
    const Trainable trainable = trainable_of(*lora, *trunk, lane);
    for (const Parameter& parameter : trainable.parameters) gradients.watch(parameter.value);
    const StepLoss step = objective.loss({lane, memory}, examples, &gradients);
    CHECK(step.trained == 3);
    REQUIRE(step.rewards);
    CHECK(step.sum == Approx(objective.loss({lane, memory}, examples, nullptr).sum).epsilon(1e-5));
    for (const Parameter& parameter : trainable.parameters) {
      INFO(parameter.name);
      const Tensor gradient = gradients.of(parameter.value);
      float& value = parameter.value.values()[1];
      const float before = value;
      const auto loss_at = [&](float at) {
        value = at;
        trainable.after_change();
        return objective.loss({lane, memory}, examples, nullptr).mean();
      };
      const double up = loss_at(before + 2e-3f), down = loss_at(before - 2e-3f);
      loss_at(before);
      CHECK(gradient.values()[1] == Approx((up - down) / 4e-3).epsilon(1e-2).margin(1e-3));
    }
  }
}

}  // namespace graft
