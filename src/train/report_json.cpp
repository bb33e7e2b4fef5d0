// SPDX-License-Identifier: Apache-2.0
#include "train/report_json.hpp"

#include "support/nearest_double.hpp"

namespace graft::inline v0 {
namespace {

void add_rewards(Json& json, const std::optional<Rewards>& rewards) {
  if (!rewards) return;
  json["reward_margin"] = nearest_double(rewards->margin);
  json["reward_accuracy"] = nearest_double(rewards->accuracy);
}

}  // namespace

Json json_of(const StepInfo& step) {
  Json json{{"step", step.step},
            {"steps", step.steps},
            {"loss", nearest_double(step.loss)},
            {"gradient_norm", nearest_double(step.gradient_norm)},
            {"learning_rate", nearest_double(step.learning_rate)},
            {"tokens", step.tokens},
            {"tokens_per_second", step.tokens_per_second}};
  add_rewards(json, step.rewards);
  return json;
}

Json json_of(const Evaluation& evaluation) {
  Json json{{"step", evaluation.step}, {"held_out_loss", nearest_double(evaluation.loss)}};
  add_rewards(json, evaluation.rewards);
  return json;
}

}  // namespace graft::inline v0
