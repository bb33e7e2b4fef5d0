// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.hpp"

#include <algorithm>

#include "cli/method_settings.hpp"
#include "support/json.hpp"
#include "support/message.hpp"
#include "train/option_fields.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::array kPrecisionNames = {"automatic", "f32", "bf16", "int8"};
constexpr std::array kNormNames = {"l2", "l1", "largest"};

Setting field(const std::string& name, bool& value) { return flag(name, value); }
template <class Number>
Setting field(const std::string& name, Number& value) {
  return number(name, value);
}

// All fields of the options, with their names behind the prefix.
template <class Options>
void add_fields(std::vector<Setting>& settings, const std::string& prefix, Options& options) {
  each_field(options, [&](const char* name, auto& value, Bound) { settings.push_back(field(prefix + name, value)); });
}

// Another optimizer has its own defaults.
Setting optimizer(OptimizerOptions& options) {
  return {"optimizer",
          [&options](const std::string& text) {
            size_t chosen = 0;
            choice("optimizer", chosen, kOptimizerNames).set(text);
            if (chosen != options.index()) options = default_optimizer(chosen);
          },
          [&options] { return std::string(kOptimizerNames[options.index()]); }};
}

std::vector<Setting> optimizer_settings(TrainOptions& train) {
  std::vector<Setting> settings = {optimizer(train.optimizer)};
  add_fields(settings, "optimizer.", train.optimizer);
  settings.push_back(number("layer_rate_decay", train.layer_rate_decay));
  settings.push_back(flag("decay_norms_and_biases", train.decay_norms_and_biases));
  settings.push_back(number("max_gradient_value", train.max_gradient_value));
  settings.push_back(number("max_gradient_norm", train.max_gradient_norm));
  settings.push_back(choice("gradient_norm", train.gradient_norm, kNormNames));
  settings.push_back(number("ema_decay", train.ema_decay));
  return settings;
}

std::vector<Setting> schedule_settings(TrainOptions& train) {
  std::vector<Setting> settings = {choice("schedule", train.schedule, kScheduleNames),
                                   number("warmup_steps", train.warmup_steps),
                                   number("warmup_ratio", train.warmup_ratio)};
  add_fields(settings, "schedule_options.", train.schedule_options);
  settings.push_back(choice("schedule_options.fall", train.schedule_options.fall, kFallNames));
  return settings;
}

std::vector<Setting> preference_settings(PreferenceOptions& options) {
  std::vector<Setting> settings = {choice("preference.loss", options.loss, kPreferenceNames)};
  add_fields(settings, "preference.", options);
  return settings;
}

std::vector<Setting> train_settings(TrainOptions& train) {
  std::vector<Setting> all = {number("epochs", train.epochs),
                              number("max_steps", train.max_steps),
                              number("batch", train.batch),
                              number("batch_tokens", train.batch_tokens),
                              number("micro_batch_tokens", train.micro_batch_tokens),
                              number("max_length", train.max_length),
                              number("learning_rate", train.learning_rate),
                              list("frozen", train.frozen),
                              list("trained", train.trained),
                              number("trained_layers", train.trained_layers),
                              number("label_smoothing", train.label_smoothing),
                              number("contrastive.temperature", train.contrastive.temperature),
                              number("distillation.temperature", train.distillation.temperature),
                              number("distillation.share", train.distillation.share),
                              number("distillation.hidden", train.distillation.hidden),
                              number("corruption.share", train.corruption.share),
                              flag("corruption.whole_words", train.corruption.whole_words),
                              number("corruption.mean_span", train.corruption.mean_span),
                              flag("corruption.shuffles_sentences", train.corruption.shuffles_sentences),
                              number("seed", train.seed),
                              flag("shuffle", train.shuffle),
                              flag("train_on_prompt", train.train_on_prompt),
                              choice("precision", train.precision, kPrecisionNames),
                              flag("recompute", train.recompute),
                              flag("save_rounded", train.save_rounded),
                              number("memory_budget", train.memory_budget),
                              number("evaluate_every", train.evaluate_every),
                              number("patience", train.patience),
                              flag("keep_best", train.keep_best),
                              path("checkpoints", train.checkpoints),
                              number("checkpoint_every", train.checkpoint_every),
                              number("keep_checkpoints", train.keep_checkpoints),
                              number("average_checkpoints", train.average_checkpoints),
                              flag("resume", train.resume),
                              path("record", train.record)};
  for (std::vector<Setting> more :
       {optimizer_settings(train), schedule_settings(train), preference_settings(train.preference)})
    std::ranges::move(more, std::back_inserter(all));
  return all;
}

std::vector<Setting> settings_of(TrainSettings& settings) {
  std::vector<Setting> all = train_settings(settings.train);
  for (Setting& setting : method_settings(settings)) all.push_back(std::move(setting));
  return all;
}

void apply(TrainSettings& settings, const std::string& name, const std::string& text) {
  std::string known;
  for (const Setting& setting : settings_of(settings)) {
    if (setting.name == name) return setting.set(text);
    known += (known.empty() ? "" : ", ") + setting.name;
  }
  fail<ArgumentError>("there is no option \"", name, "\", expected one of ", known);
}

std::string description(const std::vector<Setting>& settings) {
  std::string text;
  for (const Setting& setting : settings) text += "  " + setting.name + "=" + setting.get() + "\n";
  return text;
}

// The optimizer goes before the others, some of which are its own.
using Assignments = std::vector<std::pair<std::string, std::string>>;
void apply_all(TrainSettings& settings, Assignments assignments) {
  std::stable_partition(assignments.begin(), assignments.end(),
                        [](const auto& one) { return one.first == "optimizer"; });
  for (const auto& [name, text] : assignments) apply(settings, name, text);
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& part : value) {
    if (!text.empty()) text += ',';
    text += text_of(part);
  }
  return text;
}

}  // namespace

void apply_settings(TrainSettings& settings, const std::vector<std::string>& assignments) {
  Assignments split;
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    check(equals != std::string::npos, "found \"", assignment, "\", expected an option as NAME=VALUE");
    split.push_back({assignment.substr(0, equals), assignment.substr(equals + 1)});
  }
  apply_all(settings, std::move(split));
}

void apply_settings_file(TrainSettings& settings, const std::string& path) {
  const Json json = read_json(path);
  check<FileError>(json.is_object(), path, ": expected a JSON object of options");
  Assignments assignments;
  for (const auto& [name, value] : json.items()) assignments.push_back({name, text_of(value)});
  apply_all(settings, std::move(assignments));
}

std::string describe_settings(const TrainSettings& settings) {
  TrainSettings copy = settings;
  std::string text = description(train_settings(copy.train));
  for (size_t i = 0; i < kOptimizerNames.size(); ++i) {
    if (i == settings.train.optimizer.index()) continue;
    copy.train.optimizer = default_optimizer(i);
    text += std::string("with optimizer=") + kOptimizerNames[i] + "\n ";
    std::vector<Setting> fields;
    add_fields(fields, "optimizer.", copy.train.optimizer);
    for (const Setting& setting : fields) text += " " + setting.name + "=" + setting.get();
    text += "\n";
  }
  return text;
}

std::string describe_method(const TrainSettings& settings) {
  TrainSettings copy = settings;
  return description(method_settings(copy));
}

}  // namespace graft::inline v0
