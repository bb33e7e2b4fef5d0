// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_kinds.hpp"
#include "cli/verify_passes.hpp"
#include "generate/beam.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

void compare_outputs(const GoldenModel& model, Comparison& comparison) {
  const Observer observer = {
      .on_hidden = [&](int layer,
                       const Tensor& hidden) { comparison.floats(message("hidden.", layer), hidden.values()); },
      .on_attention =
          [&](AttentionKind, int layer, int sequence, int heads, int queries, int keys, const float* probabilities) {
            comparison.floats(message("attn.", layer, ".seq", sequence),
                              {probabilities, size_t(heads) * size_t(queries) * size_t(keys)});
          }};
  comparison.floats("logits", model.logits(nullptr, &observer).values());
}

void compare_gradients(GoldenModel& model, const JsonObject& json, Comparison& comparison) {
  Gradients gradients(model.memory());
  for (const auto& [module, weight] : model.trunk().parameters.all()) {
    weight->thaw(model.lane(), model.memory(), true);
    gradients.watch(weight->parameter());
  }
  const float loss = model.loss(nullptr, &gradients);
  comparison.floats("loss", {&loss, 1});
  for (const auto& [module, weight] : model.trunk().parameters.all())
    comparison.floats("grad." + weight->name(), gradients.of(weight->parameter()).values());
  if (!json.has("grad_norms")) return;
  const JsonObject norms = json.object("grad_norms");
  for (const auto& [name, ignored] : norms.json().items()) {
    const Weight* weight = model.trunk().parameters.find(name);
    comparison.norm("grad_norms." + name, weight ? norm_of(gradients.of(weight->parameter()).values()) : -1,
                    norms.number(name));
  }
}

void compare_beams(const GoldenModel& model, const JsonObject& beam, Comparison& comparison) {
  const BeamOptions options = {.beams = int(beam.integer("num_beams", 1, 64)),
                               .max_tokens = int(beam.integer("max_new_tokens", 1, 1 << 16)),
                               .length_penalty = float(beam.number("length_penalty")),
                               .end_tokens = {int32_t(beam.integer("eos_token_id", 0, 1 << 30))}};
  check<UnsupportedError>(!beam.flag_or("early_stopping", false), "unsupported: beam search with early_stopping");
  std::vector<int64_t> ids;
  std::vector<float> scores;
  for (const std::vector<int32_t>& prompt : model.sequences()) {
    const Hypothesis best = beam_search(prompt, options, [&](auto sequences) { return model.next_logits(sequences); });
    ids.insert(ids.end(), best.tokens.begin(), best.tokens.end());
    scores.push_back(float(best.score));
  }
  comparison.integers("beam.ids", ids);
  comparison.floats("beam.scores", scores);
}

}  // namespace

void verify_model(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Checkpoint checkpoint = Checkpoint::open(folder, FileAccess::map);
  const Goldens goldens = Goldens::load(folder);
  GoldenModel model(load_trunk(checkpoint, context.backend), goldens);
  comparison.expect(goldens);
  const JsonObject json(goldens.json, (folder / "goldens.json").string());
  compare_outputs(model, comparison);
  if (goldens.tensors.contains("gen.ids"))
    comparison.integers("gen.ids", model.greedy(int(goldens.at("gen.ids").shape.back())));
  if (json.has("beam")) compare_beams(model, json.object("beam"), comparison);
  if (goldens.tensors.contains("labels")) compare_gradients(model, json, comparison);
}

}  // namespace graft::inline v0
