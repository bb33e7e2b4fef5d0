// SPDX-License-Identifier: Apache-2.0
#include "api/load_tokenizer.hpp"
#include "cli/verify_kinds.hpp"
#include "cli/verify_passes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

void compare_tokens(const Checkpoint& checkpoint, const JsonObject& json, Comparison& comparison) {
  const Json* texts = json.find("tokenize");
  if (!texts) return;
  std::optional<Tokenizer> tokenizer;
  try {
    tokenizer = load_tokenizer(checkpoint, {});
  } catch (const UnsupportedError& error) {
    return comparison.unsupported(error.what());
  }
  for (size_t i = 0; i < texts->size(); ++i) {
    const JsonObject one((*texts)[i], message("tokenize ", i));
    comparison.claim(message("tokenize.", i),
                     Json(tokenizer->encode(one.text("text"), {.special_tokens = false})) == *one.find("ids"));
  }
}

}  // namespace

void verify_gguf(const std::filesystem::path& path, const VerifyContext& context, Comparison& comparison) {
  const Checkpoint checkpoint = Checkpoint::open(path, FileAccess::map);
  const Goldens goldens = Goldens::load(path);
  GoldenModel model(load_trunk(checkpoint, context.backend), goldens);
  comparison.expect(goldens);
  for (const auto& [name, values] : model.outputs()) comparison.floats(name, values.values());
  if (goldens.tensors.contains("gen.ids"))
    comparison.integers("gen.ids", model.greedy(int(goldens.at("gen.ids").shape.back())));
  for (const auto& [module, weight] : model.trunk().parameters.all())
    comparison.floats("weight." + weight->name(), weight->values(model.lane(), *model.memory()).values());
  compare_tokens(checkpoint, JsonObject(goldens.json, path.string()), comparison);
}

}  // namespace graft::inline v0
