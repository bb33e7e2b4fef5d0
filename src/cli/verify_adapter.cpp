// SPDX-License-Identifier: Apache-2.0
#include "adapters/lora.hpp"
#include "cli/verify_kinds.hpp"
#include "cli/verify_training.hpp"

namespace graft::inline v0 {
namespace {

std::vector<Trained> trained_tensors(const Lora& lora) {
  std::vector<Trained> trained;
  for (const LoraSite& site : lora.sites()) {
    const std::string name = "base_model.model." + site.name;
    trained.push_back({name + ".lora_A.weight", site.low_rank.down});
    trained.push_back({name + ".lora_B.weight", site.low_rank.up});
  }
  return trained;
}

void compare_gradients(const GoldenModel& model, const Lora& lora, Comparison& comparison) {
  Gradients gradients(model.memory());
  const std::vector<Trained> trained = trained_tensors(lora);
  for (const Trained& one : trained) gradients.watch(one.parameter);
  const float loss = model.loss(&lora.edits(), &gradients);
  comparison.floats("loss", {&loss, 1});
  for (const Trained& one : trained) comparison.floats("grad." + one.name, gradients.of(one.parameter).values());
}

void compare_merged(GoldenModel& model, const Lora& lora, Comparison& comparison) {
  merge(lora, model.trunk(), true);
  for (const auto& [name, values] : model.outputs()) comparison.floats("merged." + name, values.values());
  for (const auto& [module, weight] : model.trunk().parameters.all())
    comparison.floats("merged.weight." + weight->name(), weight->values(model.lane(), *model.memory()).values());
}

}  // namespace

void verify_adapter(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(folder);
  const Checkpoint checkpoint = Checkpoint::open(find_base(folder, goldens), FileAccess::map);
  GoldenModel model(load_trunk(checkpoint, context.backend), goldens);
  const Lora lora = load_peft(folder / "adapter", model.trunk());
  comparison.expect(goldens);
  for (const auto& [name, values] : model.outputs(&lora.edits())) comparison.floats(name, values.values());
  compare_gradients(model, lora, comparison);
  const JsonObject json(goldens.json, (folder / "goldens.json").string());
  if (json.has("train")) {
    const Lora tuned = lora.copy();
    compare_training(model, trained_tensors(tuned), &tuned.edits(), json.object("train"), "train.", comparison);
  }
  compare_merged(model, lora, comparison);
}

}  // namespace graft::inline v0
