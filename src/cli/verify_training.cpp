// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_training.hpp"

#include <algorithm>
#include <cstdlib>

#include "cli/verify_options.hpp"
#include "support/message.hpp"
#include "train/clipping.hpp"
#include "train/optimizer.hpp"
#include "train/option_fields.hpp"
#include "train/place.hpp"

namespace graft::inline v0 {
namespace {

struct Settings {
  TrainOptions options;
  RateSchedule schedule;
  int steps;
};

// The warm-up stands in a field, or in the text of the schedule: "linear, 2 warm-up steps, 10 in all".
int warmup_of(const JsonObject& json) {
  const std::string schedule = json.text("schedule");
  const size_t digits = schedule.find_first_of("0123456789");
  const int written = digits == std::string::npos ? 0 : std::atoi(&schedule[digits]);
  return int(json.integer_or("warmup_steps", written, 0, 1 << 20));
}

bool decays_norms_and_biases(const std::string& no_decay) {
  if (no_decay.starts_with("nothing")) return true;
  check<UnsupportedError>(no_decay == "biases and every parameter of a normalisation layer", "unsupported: no_decay ",
                          no_decay);
  return false;
}

Schedule schedule_of(const std::string& text) {
  const std::string name = text.substr(0, text.find_first_of(",:"));
  const auto found = std::ranges::find(kScheduleNames, name);
  check<UnsupportedError>(found != kScheduleNames.end(), "unsupported: schedule ", name);
  return Schedule(found - kScheduleNames.begin());
}

Settings read_settings(const JsonObject& json) {
  const int steps = int(json.integer("steps", 1, 1 << 16));
  return {.options = {.learning_rate = float(json.number("lr")),
                      .optimizer = read_optimizer(json),
                      .decay_norms_and_biases = decays_norms_and_biases(json.text_or("no_decay", "nothing")),
                      .label_smoothing = float(json.number_or("label_smoothing", 0)),
                      .max_gradient_norm = float(json.number_or("max_grad_norm", 0))},
          .schedule = {schedule_of(json.text("schedule")), {}, warmup_of(json), steps},
          .steps = steps};
}

}  // namespace

std::vector<float> compare_training(GoldenModel& model, const Trainable& trainable, std::span<const GoldenName> names,
                                    const Edits* edits, const JsonObject& json, const std::string& prefix,
                                    Comparison& comparison) {
  const Settings settings = read_settings(json);
  std::vector<Parameter> parameters = trainable.parameters;
  Gradients gradients(model.memory());
  for (const Parameter& parameter : parameters) gradients.watch(parameter.value);
  for (const Tensor& lowered : trainable.lowered) gradients.watch(lowered);
  find_places(parameters, model.trunk().parameters);
  Optimizer optimizer(parameters, settings.options, model.memory());
  model.set_label_smoothing(settings.options.label_smoothing);
  std::vector<float> losses, norms, rates;
  trainable.begin(settings.steps);
  for (int step = 0; step < settings.steps; ++step) {
    gradients.clear();
    losses.push_back(model.loss(edits, &gradients));
    trainable.pull(gradients);
    const double norm = gradient_norm(model.lane(), gradients, parameters, GradientNorm::l2);
    const double factor = settings.schedule.factor(step);
    const float scale = clip_factor(settings.options.max_gradient_norm, norm);
    norms.push_back(float(norm));
    rates.push_back(float(settings.options.learning_rate * factor));
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
