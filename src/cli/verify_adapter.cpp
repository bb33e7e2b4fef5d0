// SPDX-License-Identifier: Apache-2.0
#include "adapters/adalora.hpp"
#include "adapters/merge.hpp"
#include "adapters/peft_files.hpp"
#include "cli/verify_kinds.hpp"
#include "cli/verify_training.hpp"
#include "support/message.hpp"
#include "train/adapter_training.hpp"

namespace graft::inline v0 {
namespace {

std::vector<GoldenName> names_of(const Method& method) {
  std::vector<GoldenName> names;
  for (const AdapterTensor& tensor : method.trainable()) names.push_back({tensor.name, tensor.transposed});
  return names;
}

void compare_gradients(const GoldenModel& model, Method& method, Comparison& comparison) {
  Gradients gradients(model.memory());
  const std::vector<AdapterTensor> trainable = method.trainable();
  for (const AdapterTensor& tensor : trainable) gradients.watch(tensor.value);
  for (const Tensor& lowered : method.lowered()) gradients.watch(lowered);
  const float loss = model.loss(&method.edits(), &gradients);
  comparison.floats("loss", {&loss, 1});
  // The reference's gradients are those of the loss alone.
  method.pull(gradients);
  for (const AdapterTensor& tensor : trainable)
    comparison.floats("grad." + tensor.name,
                      as_stored(tensor.transposed ? Layout::transposed : Layout::same, gradients.of(tensor.value)));
}

void compare_merged(GoldenModel& model, const Method& method, Comparison& comparison) {
  merge(method.edits(), model.trunk(), true);
  for (const auto& [name, values] : model.outputs()) comparison.floats("merged." + name, values.values());
  for (const auto& [module, weight] : model.trunk().parameters.all()) {
    const Layout layout = layout_of(model.trunk().family, Naming::checkpoint, module);
    const bool is_matrix = weight->kind() == Weight::Kind::matrix;
    comparison.floats("merged.weight." + weight->name(),
                      as_stored(is_matrix ? layout : Layout::same, weight->values(model.lane(), *model.memory())));
  }
}

// What the allocation of ranks leaves after each step.
struct Allocations {
  std::vector<float> regularisers;
  std::vector<int64_t> budgets;
  std::map<std::string, std::vector<float>> values;
  std::map<std::string, std::vector<int64_t>> ranks;

  void add(const AdaLora& method, int step) {
    budgets.push_back(method.budget(step));
    for (const AdapterTensor& tensor : method.trainable()) {
      if (!tensor.name.ends_with(".lora_E")) continue;
      const std::span<float> now = tensor.value.values();
      values[tensor.name].insert(values[tensor.name].end(), now.begin(), now.end());
      ranks[tensor.name].push_back(std::count_if(now.begin(), now.end(), [](float value) { return value != 0; }));
    }
  }
};

void compare_allocations(GoldenModel& model, AdaLora& method, const JsonObject& settings, Comparison& comparison) {
  Allocations found;
  Trainable trainable = trainable_of(method, model.trunk(), model.lane());
  trainable.pull = [&, pull = trainable.pull](Gradients& gradients) {
    found.regularisers.push_back(float(method.regulariser(model.lane())));
    pull(gradients);
  };
  trainable.finish_step = [&, finish = trainable.finish_step](const Gradients& gradients, float scale, int step) {
    finish(gradients, scale, step);
    found.add(method, step);
  };
  const std::vector<float> losses =
      compare_training(model, trainable, names_of(method), &method.edits(), settings, "train.", comparison);
  comparison.floats("adalora.loss", losses);
  comparison.floats("adalora.orth", found.regularisers);
  comparison.integers("adalora.budget", found.budgets);
  for (const auto& [name, values] : found.values) comparison.floats("adalora.E." + name, values);
  for (const auto& [name, ranks] : found.ranks) comparison.integers("adalora.rank." + name, ranks);
}

}  // namespace

void verify_adapter(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(folder);
  const Checkpoint checkpoint = Checkpoint::open(find_base(folder, goldens), FileAccess::map);
  GoldenModel model(load_trunk(checkpoint, context.backend), goldens);
  const std::unique_ptr<Method> method = load_peft(folder / "adapter", model.trunk());
  comparison.expect(goldens);
  for (const auto& [name, values] : model.outputs(&method->edits())) comparison.floats(name, values.values());
  compare_gradients(model, *method, comparison);
  const JsonObject json(goldens.json, (folder / "goldens.json").string());
  if (json.has("train")) {
    const std::unique_ptr<Method> tuned = method->copy();
    if (auto* adalora = dynamic_cast<AdaLora*>(tuned.get()))
      compare_allocations(model, *adalora, json.object("train"), comparison);
    else
      compare_training(model, trainable_of(*tuned, model.trunk(), model.lane()), names_of(*tuned), &tuned->edits(),
                       json.object("train"), "train.", comparison);
  }
  if (std::filesystem::exists(folder / "adapter_trained")) {
    const std::unique_ptr<Method> trained = load_peft(folder / "adapter_trained", model.trunk());
    for (const auto& [name, values] : model.outputs(&trained->edits()))
      comparison.floats("trained." + name, values.values());
  }
  // Virtual tokens change no weight.
  if (virtual_tokens(&method->edits()) == 0) compare_merged(model, *method, comparison);
}

}  // namespace graft::inline v0
