// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_kinds.hpp"
#include "cli/verify_norms.hpp"
#include "cli/verify_training.hpp"

namespace graft::inline v0 {

void verify_train(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(folder);
  const Checkpoint checkpoint = Checkpoint::open(find_base(folder, goldens), FileAccess::map);
  GoldenModel model(load_trunk(checkpoint, context.backend), goldens);
  comparison.expect(goldens);
  Trainable trainable;
  std::vector<GoldenName> names;
  for (const auto& [module, weight] : model.trunk().parameters.all()) {
    const Layout layout = layout_of(model.trunk().family, Naming::checkpoint, module);
    // final_logits_bias is a buffer of the reference, which no optimizer sees.
    if (layout == Layout::one_row) continue;
    weight->thaw(model.lane(), model.memory(), true);
    const bool is_matrix = weight->kind() == Weight::Kind::matrix;
    trainable.parameters.push_back({weight->name(), weight->parameter()});
    names.push_back({weight->name(), is_matrix && layout == Layout::transposed});
  }
  const JsonObject json(goldens.json, (folder / "goldens.json").string());
  compare_training(model, trainable, names, nullptr, json.object("train"), "", comparison);
  const Json base = read_json(find_base(folder, goldens) / "goldens.json");
  // AdamW divides by the size of gradients, so that values whose gradients are small move by what is rounded.
  compare_norms(
      model, json, base.value("grad_norms", Json::object()), {"final_norms", 1e-3},
      [](const Weight& weight) { return weight.parameter().values(); }, comparison);
}

}  // namespace graft::inline v0
