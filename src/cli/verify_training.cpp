// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_training.hpp"

#include <cmath>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Settings {
  AdamW adamw;
  double rate;
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
  check<UnsupportedError>(json.text_or("no_decay", "nothing").starts_with("nothing"),
                          "unsupported: no_decay ", json.text_or("no_decay", ""));
  const Json* betas = json.find("betas");
  if (!betas || !betas->is_array() || betas->size() != 2) json.refuse("betas", "two numbers");
  return {.adamw = {.beta1 = (*betas)[0].get<float>(),
                    .beta2 = (*betas)[1].get<float>(),
                    .epsilon = float(json.number("eps")),
                    .weight_decay = float(json.number("weight_decay"))},
          .rate = json.number("lr"),
          .steps = int(json.integer("steps", 1, 1 << 16)),
          .warmup = warmup_of(json),
          .max_norm = json.number("max_grad_norm")};
}

double rate_at(const Settings& settings, int step) {
  if (step < settings.warmup) return settings.rate * step / settings.warmup;
  return settings.rate * (settings.steps - step) / (settings.steps - settings.warmup);
}

// The moments of all parameters.
class Moments {
 public:
  Moments(std::span<const Trained> trained, const std::shared_ptr<Memory>& memory) {
    for (const Trained& one : trained)
      for (std::vector<Tensor>* of : {&means_, &variances_})
        of->push_back(Tensor::zeros(*memory, one.parameter.rows(), one.parameter.cols()));
  }

  void step(const Lane& lane, const AdamW& adamw, std::span<const Trained> trained, const Gradients& gradients) {
    for (size_t i = 0; i < trained.size(); ++i) {
      const Tensor& parameter = trained[i].parameter;
      lane.backend().kernels().adamw(lane.stream(), adamw, gradients.of(parameter).data(), parameter.data(),
                                     means_[i].data(), variances_[i].data(), int64_t(parameter.size()));
      if (trained[i].weight) trained[i].weight->repack(lane);
    }
  }

 private:
  std::vector<Tensor> means_, variances_;
};

double global_norm(std::span<const Trained> trained, const Gradients& gradients) {
  double sum = 0;
  for (const Trained& one : trained) sum += std::pow(norm_of(gradients.of(one.parameter).values()), 2);
  return std::sqrt(sum);
}

}  // namespace

void compare_training(GoldenModel& model, std::span<const Trained> trained, const Edits* edits, const JsonObject& json,
                      const std::string& prefix, Comparison& comparison) {
  Settings settings = read_settings(json);
  Gradients gradients(model.memory());
  for (const Trained& one : trained) gradients.watch(one.parameter);
  Moments moments(trained, model.memory());
  std::vector<float> losses, norms, rates;
  for (int step = 0; step < settings.steps; ++step) {
    gradients.clear();
    losses.push_back(model.loss(edits, &gradients));
    const double norm = global_norm(trained, gradients);
    norms.push_back(float(norm));
    rates.push_back(float(rate_at(settings, step)));
    settings.adamw.rate = rates.back();
    settings.adamw.step = step + 1;
    settings.adamw.scale = float(std::min(1.0, settings.max_norm / (norm + 1e-6)));
    moments.step(model.lane(), settings.adamw, trained, gradients);
  }
  comparison.floats(prefix + "loss", losses);
  comparison.floats(prefix + "grad_norm", norms);
  comparison.floats(prefix + "lr", rates);
  const float final_loss = model.loss(edits);
  comparison.floats(prefix + "final_loss", {&final_loss, 1});
  for (const Trained& one : trained) comparison.floats(prefix + "final." + one.name, one.parameter.values());
}

}  // namespace graft::v0
