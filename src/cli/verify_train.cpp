// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_kinds.hpp"
#include "cli/verify_training.hpp"

namespace graft::inline v0 {

void verify_train(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(folder);
  const Checkpoint checkpoint = Checkpoint::open(find_base(folder, goldens), FileAccess::map);
  GoldenModel model(load_trunk(checkpoint, context.backend), goldens);
  comparison.expect(goldens);
  std::vector<Trained> trained;
  for (const auto& [module, weight] : model.trunk().parameters.all()) {
    weight->thaw(model.lane(), model.memory(), true);
    weight->own(model.lane(), model.memory());
    weight->repack(model.lane());
    trained.push_back({weight->name(), weight->parameter(), weight.get()});
  }
  const JsonObject json(goldens.json, (folder / "goldens.json").string());
  compare_training(model, trained, nullptr, json.object("train"), "", comparison);
  if (!json.has("final_norms")) return;
  const JsonObject norms = json.object("final_norms");
  for (const auto& [name, ignored] : norms.json().items()) {
    const Weight* weight = model.trunk().parameters.find(name);
    comparison.norm("final_norms." + name, weight ? norm_of(weight->parameter().values()) : -1, norms.number(name));
  }
}

}  // namespace graft::inline v0
