// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.hpp"

#include <charconv>
#include <functional>
#include <sstream>

#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

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
Setting choice(const std::string& name, Choice& value, std::vector<const char*> names) {
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

std::vector<Setting> train_settings(TrainOptions& train) {
  return {number("epochs", train.epochs),
          number("max_steps", train.max_steps),
          number("batch", train.batch),
          number("micro_batch_tokens", train.micro_batch_tokens),
          number("max_length", train.max_length),
          number("learning_rate", train.learning_rate),
          choice("schedule", train.schedule, {"constant", "linear", "cosine", "inverse_sqrt"}),
          number("warmup_steps", train.warmup_steps),
          number("warmup_ratio", train.warmup_ratio),
          number("beta1", train.optimizer.beta1),
          number("beta2", train.optimizer.beta2),
          number("epsilon", train.optimizer.epsilon),
          number("weight_decay", train.optimizer.weight_decay),
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
          number("max_gradient_norm", train.max_gradient_norm),
          number("seed", train.seed),
          flag("shuffle", train.shuffle),
          flag("train_on_prompt", train.train_on_prompt),
          choice("precision", train.precision, {"automatic", "f32", "bf16", "int8"}),
          flag("recompute", train.recompute),
          number("memory_budget", train.memory_budget),
          number("evaluate_every", train.evaluate_every),
          number("patience", train.patience),
          flag("keep_best", train.keep_best),
          path("checkpoints", train.checkpoints),
          number("checkpoint_every", train.checkpoint_every),
          number("keep_checkpoints", train.keep_checkpoints),
          flag("resume", train.resume)};
}

// Which matrices a method changes, and what else is a part of its adapter.
template <class Options>
void add_targets(std::vector<Setting>& settings, Options& options) {
  settings.push_back(list("targets", options.targets));
  settings.push_back(list("excluded", options.excluded));
  settings.push_back(list("save_modules", options.save_modules));
}

std::vector<Setting> lora_settings(LoRAOptions& lora, bool is_dora) {
  std::vector<Setting> settings = {number("rank", lora.rank),
                                   number("alpha", lora.alpha),
                                   number("dropout", lora.dropout),
                                   flag("rank_stabilized", lora.rank_stabilized),
                                   number("plus_ratio", lora.plus_ratio),
                                   choice("biases", lora.biases, {"none", "all", "targets"})};
  if (!is_dora) settings.push_back(choice("initial", lora.initial, {"kaiming", "pissa", "olora"}));
  add_targets(settings, lora);
  return settings;
}

std::vector<Setting> adalora_settings(AdaLoRAOptions& adalora) {
  std::vector<Setting> settings = {number("initial_rank", adalora.initial_rank),
                                   number("target_rank", adalora.target_rank),
                                   number("alpha", adalora.alpha),
                                   number("dropout", adalora.dropout),
                                   number("rank_warmup_steps", adalora.warmup_steps),
                                   number("rank_final_steps", adalora.final_steps),
                                   number("interval", adalora.interval),
                                   number("orthogonality", adalora.orthogonality),
                                   choice("biases", adalora.biases, {"none", "all", "targets"})};
  add_targets(settings, adalora);
  return settings;
}

std::vector<Setting> ia3_settings(IA3Options& ia3) {
  std::vector<Setting> settings = {list("feedforward", ia3.feedforward)};
  add_targets(settings, ia3);
  return settings;
}

std::vector<Setting> vera_settings(VeRAOptions& vera) {
  std::vector<Setting> settings = {number("rank", vera.rank), number("dropout", vera.dropout),
                                   number("initial", vera.initial),
                                   choice("biases", vera.biases, {"none", "all", "targets"})};
  add_targets(settings, vera);
  return settings;
}

std::vector<Setting> method_settings(TrainSettings& settings) {
  switch (settings.method) {
    case TrainMethod::lora:
    case TrainMethod::dora:
      return lora_settings(settings.lora, settings.method == TrainMethod::dora);
    case TrainMethod::adalora:
      return adalora_settings(settings.adalora);
    case TrainMethod::ia3:
      return ia3_settings(settings.ia3);
    case TrainMethod::vera:
      return vera_settings(settings.vera);
    case TrainMethod::bitfit:
    case TrainMethod::full:
      break;
  }
  return {};
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
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    check(equals != std::string::npos, "found \"", assignment, "\", expected an option as NAME=VALUE");
    apply(settings, assignment.substr(0, equals), assignment.substr(equals + 1));
  }
}

void apply_settings_file(TrainSettings& settings, const std::string& path) {
  const Json json = read_json(path);
  check<FileError>(json.is_object(), path, ": expected a JSON object of options");
  for (const auto& [name, value] : json.items()) apply(settings, name, text_of(value));
}

std::string describe_settings(const TrainSettings& settings) {
  TrainSettings copy = settings;
  return description(train_settings(copy.train));
}

std::string describe_method(const TrainSettings& settings) {
  TrainSettings copy = settings;
  return description(method_settings(copy));
}

}  // namespace graft::inline v0
