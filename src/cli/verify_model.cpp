// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_kinds.hpp"
#include "cli/verify_norms.hpp"
#include "generate/beam_pass.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// "hidden" and "attn" of a model with one stack; of two stacks, each has its own names.
std::string hidden_name(AttentionKind kind, bool translates) {
  return kind == AttentionKind::encoder ? "enc_hidden" : translates ? "dec_hidden" : "hidden";
}
std::string attention_name(AttentionKind kind, bool translates) {
  if (kind == AttentionKind::cross) return "cross_attn";
  return kind == AttentionKind::encoder ? "enc_attn" : translates ? "dec_attn" : "attn";
}

void compare_outputs(GoldenModel& model, Comparison& comparison) {
  const bool translates = model.trunk().architecture.task == Task::translate;
  const Observer observer = {
      .on_hidden =
          [&](AttentionKind kind, int layer, const Tensor& hidden) {
            comparison.floats(message(hidden_name(kind, translates), ".", layer), hidden.values());
          },
      .on_attention =
          [&](AttentionKind kind, int layer, int sequence, int heads, int queries, int keys,
              const float* probabilities) {
            comparison.floats(message(attention_name(kind, translates), ".", layer, ".seq", sequence),
                              {probabilities, size_t(heads) * size_t(queries) * size_t(keys)});
          }};
  for (const auto& [name, values] : model.outputs(nullptr, &observer)) comparison.floats(name, values.values());
}

void compare_gradients(GoldenModel& model, const JsonObject& json, Comparison& comparison) {
  Gradients gradients(model.memory());
  for (const auto& [module, weight] : model.trunk().parameters.all()) {
    weight->thaw(model.lane(), model.memory(), true);
    gradients.watch(weight->parameter());
  }
  const float loss = model.loss(nullptr, &gradients);
  comparison.floats("loss", {&loss, 1});
  for (const Parameters::Entry& entry : model.trunk().parameters.all()) {
    const std::vector<float> gradient = as_stored(layout_of(model.trunk().family, Naming::checkpoint, entry.module),
                                                  gradients.of(entry.weight->parameter()));
    comparison.floats("grad." + entry.weight->name(), gradient);
    comparison.floats("grad." + older_name(entry.weight->name()), gradient);
  }
  const Json norms = json.json().value("grad_norms", Json::object());
  compare_norms(
      model, json, norms, {"grad_norms", 1e-4},
      [&](const Weight& weight) { return gradients.of(weight.parameter()).values(); }, comparison);
}

void compare_beams(const GoldenModel& model, const JsonObject& beam, Comparison& comparison) {
  const BeamOptions options = {.beams = int(beam.integer("num_beams", 1, 64)),
                               .max_tokens = int(beam.integer("max_new_tokens", 1, 1 << 16)),
                               .length_penalty = float(beam.number("length_penalty")),
                               .early_stopping = beam.flag_or("early_stopping", false),
                               .end_tokens = {int32_t(beam.integer("eos_token_id", 0, 1 << 30))}};
  std::vector<int64_t> ids;
  std::vector<float> scores;
  for (size_t i = 0; i < model.sequences().size(); ++i) {
    const NetworkContext context = model.context();
    BeamPass pass(context, model.prompt(i), model.source(i), {}, Dtype::f32);
    const Beam best = beam_search(options, std::ref(pass)).at(0);
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
  if (goldens.tensors.contains("loss")) compare_gradients(model, json, comparison);
}

}  // namespace graft::inline v0
