// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <sstream>

#include "support/json.hpp"
#include "support/message.hpp"
#include "train/option_fields.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::array kPrecisionNames = {"automatic", "f32", "bf16", "int8"};
constexpr std::array kNormNames = {"l2", "l1", "largest"};

struct Setting {
  std::string name;
  std::function<void(const std::string&)> set;
  std::function<std::string()> get;
};

[[noreturn]] void refuse(const std::string& name, const std::string& text, const char* expected) {
  fail<ArgumentError>("option ", name, ": found \"", text, "\", expected ", expected);
}

template <class Number>
Setting number(const std::string& name, Number& value) {
  return {name,
          [name, &value](const std::string& text) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc() || end != text.data() + text.size()) refuse(name, text, "a number");
          },
          [&value] { return message(value); }};
}

Setting flag(const std::string& name, bool& value) {
  return {name,
          [name, &value](const std::string& text) {
            if (text != "true" && text != "false") refuse(name, text, "true or false");
            value = text == "true";
          },
          [&value] { return std::string(value ? "true" : "false"); }};
}

Setting path(const std::string& name, std::filesystem::path& value) {
  return {name, [&value](const std::string& text) { value = text; }, [&value] { return value.string(); }};
}

Setting list(const std::string& name, std::vector<std::string>& value) {
  return {name,
          [&value](const std::string& text) {
            value.clear();
            std::istringstream parts(text);
            for (std::string part; std::getline(parts, part, ',');) value.push_back(part);
          },
          [&value] {
            std::string text;
            for (const std::string& part : value) text += (text.empty() ? "" : ",") + part;
            return text;
          }};
}

template <class Choice>
Setting choice(const std::string& name, Choice& value, std::span<const char* const> names) {
  return {name,
          [name, &value, names](const std::string& text) {
            std::string known;
            for (size_t i = 0; i < names.size(); ++i) {
              if (text == names[i]) return void(value = Choice(i));
              known += (i ? ", " : "") + std::string(names[i]);
            }
            refuse(name, text, known.c_str());
          },
          [&value, names] { return std::string(names[size_t(value)]); }};
}

Setting field(const std::string& name, bool& value) { return flag(name, value); }
template <class Number>
Setting field(const std::string& name, Number& value) {
  return number(name, value);
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
  each_field(train.optimizer, [&](const char* name, auto& value, Bound) {
    settings.push_back(field(std::string("optimizer.") + name, value));
  });
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
  each_field(train.schedule_options, [&](const char* name, auto& value, Bound) {
    settings.push_back(field(std::string("schedule_options.") + name, value));
  });
  settings.push_back(choice("schedule_options.fall", train.schedule_options.fall, kFallNames));
  return settings;
}

std::vector<Setting> settings_of(TrainSettings& settings) {
  TrainOptions& train = settings.train;
  LoRAOptions& lora = settings.lora;
  std::vector<Setting> all = {number("epochs", train.epochs),
                              number("max_steps", train.max_steps),
                              number("batch", train.batch),
                              number("micro_batch_tokens", train.micro_batch_tokens),
                              number("max_length", train.max_length),
                              number("learning_rate", train.learning_rate),
                              list("frozen", train.frozen),
                              number("label_smoothing", train.label_smoothing),
                              number("corruption.share", train.corruption.share),
                              flag("corruption.whole_words", train.corruption.whole_words),
                              number("corruption.mean_span", train.corruption.mean_span),
                              number("seed", train.seed),
                              flag("shuffle", train.shuffle),
                              flag("train_on_prompt", train.train_on_prompt),
                              choice("precision", train.precision, kPrecisionNames),
                              flag("recompute", train.recompute),
                              number("memory_budget", train.memory_budget),
                              number("evaluate_every", train.evaluate_every),
                              number("patience", train.patience),
                              flag("keep_best", train.keep_best),
                              path("checkpoints", train.checkpoints),
                              number("checkpoint_every", train.checkpoint_every),
                              number("keep_checkpoints", train.keep_checkpoints),
                              number("average_checkpoints", train.average_checkpoints),
                              flag("resume", train.resume),
                              number("rank", lora.rank),
                              number("alpha", lora.alpha),
                              number("dropout", lora.dropout),
                              list("targets", lora.targets),
                              list("excluded", lora.excluded),
                              flag("rank_stabilized", lora.rank_stabilized)};
  for (std::vector<Setting> more : {optimizer_settings(train), schedule_settings(train)})
    std::ranges::move(more, std::back_inserter(all));
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
  settings.lora.seed = settings.train.seed;
}

void apply_settings_file(TrainSettings& settings, const std::string& path) {
  const Json json = read_json(path);
  check<FileError>(json.is_object(), path, ": expected a JSON object of options");
  Assignments assignments;
  for (const auto& [name, value] : json.items()) assignments.push_back({name, text_of(value)});
  apply_all(settings, std::move(assignments));
  settings.lora.seed = settings.train.seed;
}

std::string describe_settings(const TrainSettings& settings) {
  TrainSettings copy = settings;
  std::string text;
  for (const Setting& setting : settings_of(copy)) text += "  " + setting.name + "=" + setting.get() + "\n";
  for (size_t i = 0; i < kOptimizerNames.size(); ++i) {
    if (i == settings.train.optimizer.index()) continue;
    copy.train.optimizer = default_optimizer(i);
    text += std::string("with optimizer=") + kOptimizerNames[i] + "\n ";
    each_field(copy.train.optimizer, [&](const char* name, auto& value, Bound) {
      text += std::string(" optimizer.") + name + "=" + field(name, value).get();
    });
    text += "\n";
  }
  return text;
}

}  // namespace graft::inline v0
