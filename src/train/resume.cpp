// SPDX-License-Identifier: Apache-2.0
//
// A run as its checkpoints hold it, and how it goes on from there.
#include <cmath>

#include "support/fingerprint.hpp"
#include "support/message.hpp"
#include "support/nearest_double.hpp"
#include "train/checkpoint.hpp"
#include "train/fit.hpp"
#include "train/option_fields.hpp"

namespace graft::inline v0 {
namespace {

Json json_of(const Evaluation& evaluation) {
  Json json{{"step", evaluation.step}, {"loss", nearest_double(evaluation.loss)}, {"tokens", evaluation.tokens}};
  if (evaluation.rewards)
    json["rewards"] = {{"margin", nearest_double(evaluation.rewards->margin)},
                       {"accuracy", nearest_double(evaluation.rewards->accuracy)}};
  return json;
}

// JSON has null for a loss that is not finite.
float loss_of(const Json& json) { return json.is_null() ? NAN : json.get<float>(); }

Evaluation evaluation_of(const Json& json) {
  const JsonObject object(json, "run.json");
  Evaluation evaluation{int(object.integer("step", 0, INT32_MAX)), loss_of(object.json().at("loss")),
                        object.integer("tokens", 0, INT64_MAX)};
  if (object.has("rewards")) {
    const JsonObject rewards = object.object("rewards");
    evaluation.rewards = {float(rewards.number("margin")), float(rewards.number("accuracy"))};
  }
  return evaluation;
}

template <class Value>
Json json_of(Value value) {
  return value;
}
Json json_of(float value) { return nearest_double(value); }

// The fields of options with their values.
template <class Options>
Json fields_of(Options options) {
  Json json;
  each_field(options, [&](const char* name, const auto& value, Bound) { json[name] = json_of(value); });
  return json;
}

Json schedule_json(const RateSchedule& schedule) {
  Json json = fields_of(schedule.options);
  json["name"] = kScheduleNames[size_t(schedule.kind)];
  json["fall"] = kFallNames[size_t(schedule.options.fall)];
  json["warmup_steps"] = schedule.warmup;
  return json;
}

Json optimizer_json(const TrainOptions& options) {
  Json json = fields_of(options.optimizer);
  json["name"] = kOptimizerNames[options.optimizer.index()];
  json["layer_rate_decay"] = nearest_double(options.layer_rate_decay);
  json["decay_norms_and_biases"] = options.decay_norms_and_biases;
  json["groups"] = Json::array();
  for (const ParameterGroup& group : options.groups) {
    Json one = {{"pattern", group.pattern}};
    if (group.learning_rate) one["learning_rate"] = nearest_double(*group.learning_rate);
    if (group.weight_decay) one["weight_decay"] = nearest_double(*group.weight_decay);
    json["groups"].push_back(one);
  }
  return json;
}

}  // namespace

std::vector<NamedTensor> Fit::saved_tensors() const {
  std::vector<NamedTensor> tensors = kept_;
  const auto add = [&](const std::vector<NamedTensor>& more) {
    tensors.insert(tensors.end(), more.begin(), more.end());
  };
  add(optimizer_.state());
  if (average_) add(average_->state());
  if (has_best_) tensors.insert(tensors.end(), best_values_.begin(), best_values_.end());
  return tensors;
}

// What must be the same for a resumed run to be the same run.
Json Fit::fingerprint() const {
  return {{"examples", data_.train.examples()},
          {"data", data_.train.fingerprint()},
          {"held_out", data_.held_out ? data_.held_out->fingerprint() : 0},
          {"steps", steps_},
          {"batch", options_.batch},
          {"batch_tokens", options_.batch_tokens},
          {"micro_batch_tokens", options_.micro_batch_tokens},
          {"save_rounded", options_.save_rounded},
          {"learning_rate", nearest_double(options_.learning_rate)},
          {"schedule", schedule_json(schedule_)},
          {"optimizer", optimizer_json(options_)},
          {"max_gradient_value", nearest_double(options_.max_gradient_value)},
          {"max_gradient_norm", nearest_double(options_.max_gradient_norm)},
          {"gradient_norm", int(options_.gradient_norm)},
          {"ema_decay", nearest_double(options_.ema_decay)},
          {"seed", options_.seed},
          {"shuffle", options_.shuffle},
          {"ranks", ranks_.share().ranks}};
}

// What a record says of the run: more than a resumed one must share.
Json Fit::description() const {
  int64_t values = 0;
  for (const Parameter& parameter : trainable_.parameters) values += int64_t(parameter.value.size());
  Json options = fingerprint();
  options["epochs"] = options_.epochs;
  options["max_length"] = options_.max_length;
  options["label_smoothing"] = nearest_double(options_.label_smoothing);
  options["preference"] = fields_of(options_.preference);
  options["preference"]["loss"] = kPreferenceNames[size_t(options_.preference.loss)];
  return {{"data", message(options["data"].get<uint64_t>())},
          {"seed", options_.seed},
          {"trained_values", values},
          {"resumed_at", step_},
          {"options", options}};
}

Json Fit::run_state() const {
  Json evaluations = Json::array();
  for (const Evaluation& evaluation : report_.evaluations) evaluations.push_back(json_of(evaluation));
  return {{"step", step_},
          {"options", fingerprint()},
          {"left_out_steps", report_.left_out_steps},
          {"losses", report_.losses},
          {"evaluations", evaluations},
          {"best", has_best_ ? json_of(report_.best) : Json(nullptr)},
          {"evaluations_without_gain", evaluations_without_gain_},
          {"stopped_early", report_.stopped_early},
          {"tokens", report_.tokens},
          {"trained_tokens", report_.trained_tokens},
          {"seconds", elapsed()}};
}

// What the ranks of a group must share to take the same steps.
uint64_t Fit::state_fingerprint() const {
  Fingerprint print;
  print.add(description().dump());
  for (const NamedTensor& tensor : saved_tensors())
    for (const float value : tensor.value.values()) print.add(value);
  return print.hash();
}

void Fit::save_checkpoint() {
  last_checkpoint_ = step_;
  if (!ranks_.is_first()) return;
  const std::filesystem::path path =
      write_checkpoint(options_.checkpoints, step_, {saved_tensors(), run_state()}, options_.keep_checkpoints);
  if (options_.on_checkpoint) options_.on_checkpoint(path);
}

void Fit::resume() {
  const std::filesystem::path path =
      find_checkpoint(options_.checkpoints, [this](const std::string& text) { notice(text); });
  if (path.empty()) return;
  const Json json = open_checkpoint(path);
  const JsonObject run(json, (path / "run.json").string());
  const Json found = run.object("options").json(), expected = fingerprint();
  for (const auto& [name, value] : expected.items())
    check(found.contains(name) && found[name] == value, path.string(), ": \"", name, "\" was ",
          found.value(name, Json(nullptr)).dump(), ", but this run has ", value.dump(),
          ": choose another folder for its checkpoints, or resume = false");
  if (run.has("best")) {
    keep_values();
    report_.best = evaluation_of(run.object("best").json());
  }
  read_checkpoint(path, saved_tensors());
  trainable_.after_change();
  step_ = int(run.integer("step", 0, steps_));
  report_.left_out_steps = int(run.integer("left_out_steps", 0, step_));
  optimizer_.set_steps(step_ - report_.left_out_steps);
  for (const Json& loss : json["losses"]) report_.losses.push_back(loss_of(loss));
  for (const Json& evaluation : json["evaluations"]) report_.evaluations.push_back(evaluation_of(evaluation));
  evaluations_without_gain_ = int(run.integer("evaluations_without_gain", 0, INT32_MAX));
  report_.stopped_early = run.flag("stopped_early");
  report_.tokens = run.integer("tokens", 0, INT64_MAX);
  report_.trained_tokens = run.integer("trained_tokens", 0, INT64_MAX);
  seconds_before_ = run.number("seconds");
  last_checkpoint_ = step_;
  notice(message("resumed from ", path.string()));
}

}  // namespace graft::inline v0
