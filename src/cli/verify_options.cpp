// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_options.hpp"

#include <algorithm>
#include <cmath>

#include "support/message.hpp"
#include "train/option_fields.hpp"

namespace graft::inline v0 {
namespace {

// "torch.optim.AdamW", "Adafactor (with words about it)": adamw, adafactor.
std::string plain_name(std::string text) {
  text = text.substr(0, text.find(" ("));
  text = text.substr(text.rfind('.') + 1);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

void read_field(const JsonObject& json, const std::string& name, bool& value) { value = json.flag_or(name, value); }
template <class Number>
void read_field(const JsonObject& json, const std::string& name, Number& value) {
  value = Number(json.number_or(name, double(value)));
}

template <class Options>
void read_fields(const JsonObject& json, Options& options) {
  each_field(options, [&](const std::string& name, auto& value, Bound) { read_field(json, name, value); });
}

void read_betas(const JsonObject& json, OptimizerOptions& options) {
  const Json* betas = json.find("betas");
  each_field(options, [&](const std::string& name, auto& value, Bound) {
    if (name == "epsilon") read_field(json, "eps", value);
    if (name == "decay") read_field(json, "alpha", value);
    if (betas && name == "beta1") value = betas->at(0).get<float>();
    if (betas && name == "beta2") value = betas->at(1).get<float>();
  });
}

int steps_of(const JsonObject& json, const char* name, int fallback = 0) {
  return int(json.integer_or(name, fallback, 0, 1 << 20));
}

BaseSchedule warmup_stable_decay(const JsonObject& arguments, double rate) {
  const int warmup = steps_of(arguments, "num_warmup_steps"), decay = steps_of(arguments, "num_decay_steps");
  ScheduleOptions options{.lowest = float(arguments.number("min_lr_ratio")), .decay_steps = decay};
  const std::string fall = arguments.text("decay_type");
  options.fall = fall == "linear" ? Fall::linear : fall == "cosine" ? Fall::cosine : Fall::one_minus_sqrt;
  const int steps = warmup + steps_of(arguments, "num_stable_steps") + decay;
  return {{Schedule::warmup_stable_decay, options, warmup, steps}, rate};
}

BaseSchedule read_torch_schedule(const std::string& name, const JsonObject& arguments, double rate) {
  const float gamma = float(arguments.number_or("gamma", 1));
  if (name == "StepLR") return {{Schedule::step, {.gamma = gamma, .period = steps_of(arguments, "step_size")}}, rate};
  if (name == "ExponentialLR") return {{Schedule::exponential, {.gamma = gamma}}, rate};
  if (name == "CosineAnnealingLR") {
    const auto lowest = float(arguments.number("eta_min") / rate);
    return {{Schedule::cosine, {.lowest = lowest}, 0, steps_of(arguments, "T_max")}, rate};
  }
  check<UnsupportedError>(name == "OneCycleLR", "unsupported: schedule torch.", name);
  const ScheduleOptions options{.rise = float(arguments.number("pct_start")),
                                .start_divisor = float(arguments.number("div_factor")),
                                .end_divisor = float(arguments.number("final_div_factor"))};
  return {{Schedule::one_cycle, options, 0, steps_of(arguments, "total_steps")}, arguments.number("max_lr")};
}

}  // namespace

OptimizerOptions read_optimizer(const JsonObject& json) {
  const std::string name = plain_name(json.text("optimizer"));
  const auto found = std::ranges::find(kOptimizerNames, name);
  check<UnsupportedError>(found != kOptimizerNames.end(), "unsupported: optimizer ", name);
  OptimizerOptions options = default_optimizer(size_t(found - kOptimizerNames.begin()));
  read_fields(json, options);
  // Adafactor's own have other names and meanings.
  if (!std::holds_alternative<Adafactor>(options)) read_betas(json, options);
  if (auto* muon = std::get_if<Muon>(&options)) muon->matches_adamw = false;
  return options;
}

BaseSchedule read_schedule(const JsonObject& json) {
  std::string name = json.text("name");
  const JsonObject arguments = json.object("args");
  const double rate = json.number_or("base_lr", 0);
  if (name.starts_with("torch.")) return read_torch_schedule(name.substr(6), arguments, rate);
  if (name == "warmup_stable_decay") return warmup_stable_decay(arguments, rate);
  if (name.starts_with("noam"))
    return {{Schedule::noam, {}, steps_of(arguments, "warmup_steps")}, 1 / std::sqrt(arguments.number("d_model"))};
  const int warmup = steps_of(arguments, "num_warmup_steps"), steps = steps_of(arguments, "num_training_steps", 1);
  ScheduleOptions options{.cycles = float(arguments.number_or("num_cycles", 0))};
  read_fields(arguments, options);
  options.lowest = float(arguments.number_or("min_lr_rate", arguments.number_or("lr_end", 0) / rate));
  if (name == "constant_with_warmup") name = "constant";
  if (name == "cosine_with_min_lr") name = "cosine";
  const auto found = std::ranges::find(kScheduleNames, name);
  check<UnsupportedError>(found != kScheduleNames.end(), "unsupported: schedule ", name);
  return {{Schedule(found - kScheduleNames.begin()), options, warmup, steps}, rate};
}

}  // namespace graft::inline v0
