// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "support/message.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"

namespace graft::inline v0 {
namespace {

struct Settings {
  AdamWOptions adamw;
  float rate;
  int steps, warmup;
  double max_norm;
  std::string schedule;
  float label_smoothing;
  std::vector<ParameterGroup> groups;
};

// The warm-up stands in a field, or in the text of the schedule: "linear, 2 warm-up steps, 10 in all".
int warmup_of(const JsonObject& json) {
  const std::string schedule = json.text("schedule");
  const size_t digits = schedule.find_first_of("0123456789");
  const int written = digits == std::string::npos ? 0 : std::atoi(&schedule[digits]);
  return int(json.integer_or("warmup_steps", written, 0, 1 << 20));
}

// Parameters without weight decay, as the JSON says it in words.
std::vector<ParameterGroup> groups_of(const std::string& no_decay) {
  if (no_decay.starts_with("nothing")) return {};
  check<UnsupportedError>(no_decay == "biases and every parameter of a normalisation layer", "unsupported: no_decay ",
                          no_decay);
  return {{.pattern = ".*(\\.bias|[Nn]orm\\.weight)", .weight_decay = 0.0f}};
}

// Vaswani et al. 2017: the rate rises in a line and then falls with the root of the steps.
double noam_factor(int step, int warmup) {
  return std::min(std::pow(step + 1, -0.5), (step + 1) * std::pow(warmup, -1.5));
}

double factor_of(const Settings& settings, int step) {
  if (settings.schedule == "constant") return 1;
  if (settings.schedule.starts_with("noam")) return noam_factor(step, settings.warmup);
  const Schedule schedule = settings.schedule == "cosine" ? Schedule::cosine : Schedule::linear;
  return schedule_factor(schedule, step, settings.warmup, settings.steps);
}

Settings read_settings(const JsonObject& json) {
  const std::string optimizer = json.text("optimizer"), schedule = json.text("schedule");
  check<UnsupportedError>(optimizer == "AdamW", "unsupported: optimizer ", optimizer);
  check<UnsupportedError>(
      schedule.starts_with("linear") || schedule == "cosine" || schedule == "constant" || schedule.starts_with("noam"),
      "unsupported: schedule ", schedule);
  const Json* betas = json.find("betas");
  if (!betas || !betas->is_array() || betas->size() != 2) json.refuse("betas", "two numbers");
  return {.adamw = {.beta1 = (*betas)[0].get<float>(),
                    .beta2 = (*betas)[1].get<float>(),
                    .epsilon = float(json.number("eps")),
                    .weight_decay = float(json.number("weight_decay"))},
          .rate = float(json.number("lr")),
          .steps = int(json.integer("steps", 1, 1 << 16)),
          .warmup = warmup_of(json),
          .max_norm = json.number_or("max_grad_norm", 0),
          .schedule = schedule,
          .label_smoothing = float(json.number_or("label_smoothing", 0)),
          .groups = groups_of(json.text_or("no_decay", "nothing"))};
}

}  // namespace

std::vector<float> compare_training(GoldenModel& model, const Trainable& trainable, std::span<const GoldenName> names,
                                    const Edits* edits, const JsonObject& json, const std::string& prefix,
                                    Comparison& comparison) {
  const Settings settings = read_settings(json);
  const std::vector<NamedTensor>& parameters = trainable.parameters;
  Gradients gradients(model.memory());
  for (const NamedTensor& parameter : parameters) gradients.watch(parameter.value);
  for (const Tensor& lowered : trainable.lowered) gradients.watch(lowered);
  Optimizer optimizer(parameters, settings.adamw, settings.rate, settings.groups, model.memory());
  model.set_label_smoothing(settings.label_smoothing);
  std::vector<float> losses, norms, rates;
  trainable.begin(settings.steps);
  for (int step = 0; step < settings.steps; ++step) {
    gradients.clear();
    losses.push_back(model.loss(edits, &gradients));
    trainable.pull(gradients);
    const double norm = gradient_norm(model.lane(), gradients, parameters);
    const double factor = factor_of(settings, step);
    const float scale = clip_factor(settings.max_norm, norm);
    norms.push_back(float(norm));
    rates.push_back(float(settings.rate * factor));
    optimizer.step(model.lane(), gradients, factor, scale);
    trainable.finish_step(gradients, scale, step + 1);
    trainable.after_change();
  }
  comparison.floats(prefix + "loss", losses);
  comparison.floats(prefix + "grad_norm", norms);
  comparison.floats(prefix + "lr", rates);
  const float final_loss = model.loss(edits);
  comparison.floats(prefix + "final_loss", {&final_loss, 1});
  for (size_t i = 0; i < parameters.size(); ++i)
    comparison.floats(prefix + "final." + names[i].name,
                      as_stored(names[i].transposed ? Layout::transposed : Layout::same, parameters[i].value));
  return losses;
}

}  // namespace graft::inline v0
