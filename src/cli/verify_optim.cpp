// SPDX-License-Identifier: Apache-2.0
//
// Optimizers fed with fixed gradients, and learning rates by step.
#include "cli/verify_kinds.hpp"
#include "cli/verify_options.hpp"
#include "support/message.hpp"
#include "tensor/gradients.hpp"
#include "train/clipping.hpp"
#include "train/optimizer.hpp"

namespace graft::inline v0 {
namespace {

Tensor copied(Memory& memory, int rows, std::span<const float> values) {
  Tensor tensor(memory, rows, int(values.size()) / rows);
  std::ranges::copy(values, tensor.values().begin());
  return tensor;
}

// Row k of W and b is the parameter after step k.
void compare_optimizer(const std::string& name, const JsonObject& json, const Goldens& goldens, const Lane& lane,
                       Comparison& comparison) {
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  std::vector<Parameter> parameters;
  for (const char* part : {"W", "b"}) {
    const Golden& initial = goldens.at(message("init.", part));
    const int rows = initial.shape.size() == 2 ? int(initial.shape[0]) : 1;
    parameters.push_back({part, copied(*memory, rows, initial.floats)});
  }
  Optimizer optimizer(parameters, {.learning_rate = float(json.number_or("lr", 0)), .optimizer = read_optimizer(json)},
                      memory);
  Gradients gradients(memory);
  for (const Parameter& parameter : parameters) gradients.watch(parameter.value);
  std::vector<std::vector<float>> trajectories(parameters.size());
  const size_t steps = size_t(goldens.at("grad.W").shape[0]);
  for (size_t step = 0; step < steps; ++step) {
    for (const Parameter& parameter : parameters) {
      const std::vector<float>& all = goldens.floats("grad." + parameter.name);
      std::copy_n(&all[step * parameter.value.size()], parameter.value.size(),
                  gradients.of(parameter.value).values().begin());
    }
    optimizer.step(lane, gradients, 1, 1);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const std::span<const float> values = parameters[i].value.values();
      trajectories[i].insert(trajectories[i].end(), values.begin(), values.end());
    }
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string label = name + "." + parameters[i].name;
    if (goldens.tensors.contains(label)) comparison.floats(label, trajectories[i]);
  }
}

GradientNorm norm_of(const std::string& clip) {
  if (clip.ends_with(".norm1")) return GradientNorm::l1;
  return clip.ends_with(".norminf") ? GradientNorm::largest : GradientNorm::l2;
}

// Clipping of the first step's gradients: "clip.max0.5.norm2" is to 0.5 by the L2 norm.
void compare_clipping(const Goldens& goldens, const Lane& lane, Comparison& comparison) {
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  Gradients gradients(memory);
  std::vector<Parameter> parameters;
  for (const char* part : {"W", "b"}) {
    const Golden& initial = goldens.at(message("init.", part));
    parameters.push_back({part, copied(*memory, 1, initial.floats)});
    gradients.watch(parameters.back().value);
    const Tensor& gradient = gradients.of(parameters.back().value);
    std::copy_n(goldens.floats(message("grad.", part)).begin(), gradient.size(), gradient.values().begin());
  }
  for (const auto& [name, golden] : goldens.tensors) {
    if (!name.starts_with("clip.max") || !name.ends_with(".total")) continue;
    const std::string clip = name.substr(0, name.size() - std::string(".total").size());
    const double norm = gradient_norm(lane, gradients, parameters, norm_of(clip));
    const auto total = float(norm);
    comparison.floats(name, {&total, 1});
    const float scale = clip_factor(std::stod(clip.substr(std::string("clip.max").size())), norm);
    for (const Parameter& parameter : parameters) {
      std::vector<float> clipped;
      for (const float value : gradients.of(parameter.value).values()) clipped.push_back(value * scale);
      comparison.floats(clip + "." + parameter.name, clipped);
    }
  }
}

void compare_schedule(const JsonObject& json, const std::string& label, Comparison& comparison) {
  const BaseSchedule base = read_schedule(json);
  const Json& rates = *json.find("lr");
  double worst = 0;
  for (size_t step = 0; step < rates.size(); ++step)
    worst = std::max(worst, std::abs(base.rate * base.schedule.factor(int(step)) - rates[step].get<double>()));
  comparison.number("schedule " + label, worst, 0, 1e-7 * base.rate);
}

}  // namespace

void verify_optim(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(folder);
  comparison.expect(goldens);
  const Lane lane(context.backend);
  const JsonObject optimizers = JsonObject(goldens.json, (folder / "goldens.json").string()).object("optimizers");
  for (const auto& [name, ignored] : optimizers.json().items()) {
    const JsonObject one = optimizers.object(name);
    compare_optimizer(name, one, goldens, lane, comparison);
  }
  compare_clipping(goldens, lane, comparison);
  const std::filesystem::path file = folder / "schedules.json";
  const Json schedules = read_json(file);
  const Json& list = schedules.at("schedules");
  for (size_t i = 0; i < list.size(); ++i) {
    const JsonObject one(list[i], message(file.string(), ": schedule ", i));
    compare_schedule(one, message(i, " ", one.text("name")), comparison);
  }
}

}  // namespace graft::inline v0
