// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_training.hpp"

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
};

// The warm-up stands in a field, or in the text of the schedule: "linear, 2 warm-up steps, 10 in all".
int warmup_of(const JsonObject& json) {
  const std::string schedule = json.text("schedule");
  const size_t digits = schedule.find_first_of("0123456789");
  const int written = digits == std::string::npos ? 0 : std::atoi(&schedule[digits]);
  return int(json.integer_or("warmup_steps", written, 0, 1 << 20));
}

Settings read_settings(const JsonObject& json) {
  const std::string optimizer = json.text("optimizer"), schedule = json.text("schedule");
  check<UnsupportedError>(optimizer == "AdamW", "unsupported: optimizer ", optimizer);
  check<UnsupportedError>(schedule.starts_with("linear"), "unsupported: schedule ", schedule);
  check<UnsupportedError>(json.number_or("label_smoothing", 0) == 0, "unsupported: label smoothing");
  check<UnsupportedError>(json.text_or("no_decay", "nothing").starts_with("nothing"), "unsupported: no_decay ",
                          json.text_or("no_decay", ""));
  const Json* betas = json.find("betas");
  if (!betas || !betas->is_array() || betas->size() != 2) json.refuse("betas", "two numbers");
  return {.adamw = {.beta1 = (*betas)[0].get<float>(),
                    .beta2 = (*betas)[1].get<float>(),
                    .epsilon = float(json.number("eps")),
                    .weight_decay = float(json.number("weight_decay"))},
          .rate = float(json.number("lr")),
          .steps = int(json.integer("steps", 1, 1 << 16)),
          .warmup = warmup_of(json),
          .max_norm = json.number("max_grad_norm")};
}

}  // namespace

void compare_training(GoldenModel& model, std::span<const Trained> trained, const Edits* edits, const JsonObject& json,
                      const std::string& prefix, Comparison& comparison) {
  const Settings settings = read_settings(json);
  std::vector<NamedTensor> parameters;
  Gradients gradients(model.memory());
  for (const Trained& one : trained) {
    parameters.push_back({one.name, one.parameter});
    gradients.watch(one.parameter);
  }
  Optimizer optimizer(parameters, settings.adamw, settings.rate, {}, model.memory());
  std::vector<float> losses, norms, rates;
  for (int step = 0; step < settings.steps; ++step) {
    gradients.clear();
    losses.push_back(model.loss(edits, &gradients));
    const double norm = gradient_norm(model.lane(), gradients, parameters);
    const double factor = schedule_factor(Schedule::linear, step, settings.warmup, settings.steps);
    norms.push_back(float(norm));
    rates.push_back(float(settings.rate * factor));
    optimizer.step(model.lane(), gradients, factor, clip_factor(settings.max_norm, norm));
    for (const Trained& one : trained)
      if (one.weight) one.weight->repack(model.lane());
  }
  comparison.floats(prefix + "loss", losses);
  comparison.floats(prefix + "grad_norm", norms);
  comparison.floats(prefix + "lr", rates);
  const float final_loss = model.loss(edits);
  comparison.floats(prefix + "final_loss", {&final_loss, 1});
  for (const Trained& one : trained) comparison.floats(prefix + "final." + one.name, one.parameter.values());
}

}  // namespace graft::inline v0
