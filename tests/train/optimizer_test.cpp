// SPDX-License-Identifier: Apache-2.0
//
// The rules themselves are compared with torch's and transformers' by `graft verify tests/golden/optim`.
#include "train/optimizer.hpp"

#include <catch2/catch.hpp>

#include "support/goldens.hpp"
#include "train/option_fields.hpp"
#include "train/place.hpp"
#include "train/thawed.hpp"
#include "train/tiny_run.hpp"

namespace graft {
namespace {

// Runs a whole tiny model, which is loaded anew.
struct FullRun {
  std::unique_ptr<Trunk> trunk;
  std::vector<float> losses;
  std::map<std::string, std::vector<float>> values = {};  // of the parameters at the end
};

FullRun train_all(const std::string& model, TrainOptions options, size_t row_length = 1000) {
  FullRun run{load_trunk(Checkpoint::open(golden_path("models/" + model), FileAccess::map), Backend::create({})), {}};
  options.shuffle = false;
  options.precision = Precision::f32;
  std::vector<TokenRow> all = golden_rows(Goldens::load(golden_path("models/" + model)));
  for (TokenRow& row : all) {
    row.ids.resize(std::min(row.ids.size(), row_length));
    row.trained.assign(row.ids.size(), true);
    row.trained[0] = false;
  }
  const TokenObjective objective(*run.trunk, all, options, {});
  const Lane lane(run.trunk->backend);
  const Thawed thawed(run.trunk->parameters, lane, run.trunk->memory, options);
  const Trainable trainable = thawed.trainable();
  run.losses = Fit(run.trunk->backend, trainable, {objective}, options).run().losses;
  for (const Parameter& parameter : trainable.parameters)
    run.values[parameter.name].assign(parameter.value.values().begin(), parameter.value.values().end());
  return run;
}

TrainOptions plain(OptimizerOptions optimizer, float rate, int steps) {
  TrainOptions options{.epochs = steps, .batch = 3, .learning_rate = rate, .schedule = Schedule::constant};
  options.warmup_ratio = 0;
  options.optimizer = optimizer;
  return options;
}

// How far the values of a parameter have gone.
double way(const FullRun& from, const FullRun& to, const std::string& name) {
  double most = 0;
  for (size_t i = 0; i < from.values.at(name).size(); ++i)
    most = std::max(most, std::abs(double(to.values.at(name)[i]) - from.values.at(name)[i]));
  return most;
}

}  // namespace

TEST_CASE("Every optimizer makes a model's loss small", "[train]") {
  const std::map<std::string, float> rates = {{"sgd", 0.5f}, {"lion", 1e-3f}, {"adagrad", 0.02f}, {"muon", 5e-3f}};
  for (size_t i = 0; i < kOptimizerNames.size(); ++i) {
    INFO(kOptimizerNames[i]);
    const auto rate = rates.find(kOptimizerNames[i]);
    const FullRun run =
        train_all("llama-gqa", plain(default_optimizer(i), rate == rates.end() ? 3e-3f : rate->second, 30));
    CHECK(run.losses.back() < 0.7f * run.losses.front());
  }
}

TEST_CASE("AdamW in bytes ends within a hundredth of AdamW's loss", "[train]") {
  TrainOptions options = plain(AdamW{}, 1e-3f, 200);
  options.schedule = Schedule::linear;
  const FullRun whole = train_all("llama-gqa", options);
  options.optimizer = AdamW8bit{};
  const FullRun bytes = train_all("llama-gqa", options);
  CHECK(whole.losses.back() < 0.5f * whole.losses.front());
  CHECK(std::abs(bytes.losses.back() - whole.losses.back()) < 0.01f * whole.losses.back());
  CHECK(bytes.values != whole.values);
}

TEST_CASE("Lower layers take smaller steps where the rate falls by layer", "[train]") {
  TrainOptions options = plain(Lion{.weight_decay = 0}, 1e-3f, 1);
  options.layer_rate_decay = 0.5f;
  options.groups = {{.pattern = ".*layers\\.1\\.mlp\\.up_proj\\.weight", .learning_rate = 0.0f}};
  const FullRun after = train_all("llama-gqa", options);
  options.groups = {{.pattern = ".*", .learning_rate = 0.0f}};
  const FullRun before = train_all("llama-gqa", options);
  const auto layers = int(after.trunk->config.integer("num_hidden_layers", 1, 99));
  const auto of_layer = [](int layer, const std::string& name) {
    return message("model.layers.", layer, ".", name, ".weight");
  };
  CHECK(way(before, after, "lm_head.weight") == Approx(1e-3));
  CHECK(way(before, after, "model.norm.weight") == Approx(1e-3).epsilon(1e-3));
  for (int layer = 0; layer < layers; ++layer)
    CHECK(way(before, after, of_layer(layer, "mlp.down_proj")) ==
          Approx(1e-3 * std::pow(0.5, layers - layer)).epsilon(1e-3));
  CHECK(way(before, after, "model.embed_tokens.weight") == Approx(1e-3 * std::pow(0.5, layers + 1)).epsilon(1e-3));
  CHECK(way(before, after, of_layer(1, "mlp.up_proj")) == 0);
}

TEST_CASE("Norms and biases are not decayed where the options say so", "[train]") {
  TrainOptions options = plain(Lion{.weight_decay = 0}, 1e-3f, 1);
  const FullRun without = train_all("llama-gqa", options);
  options.optimizer = Lion{.weight_decay = 1};
  options.decay_norms_and_biases = false;
  const FullRun decayed = train_all("llama-gqa", options);
  CHECK(way(without, decayed, "model.layers.0.input_layernorm.weight") == 0);
  CHECK(way(without, decayed, "model.layers.0.mlp.down_proj.weight") > 0);
}

TEST_CASE("Experts may be passed over in a step", "[train]") {
  TrainOptions options = plain(AdamW{}, 1e-3f, 2);
  options.batch = 1;
  CHECK_NOTHROW(train_all("mixtral", options, 2));
}

TEST_CASE("What tokens never reach is an error, for an expert after an epoch", "[train]") {
  const std::shared_ptr<Memory> memory = Memory::create_on_host();
  const auto tensor = [&] { return Tensor::zeros(*memory, 1, 1); };
  const std::vector<Parameter> parameters = {{"plain", tensor(), {}},
                                             {"expert 0", tensor(), {.experts = "experts"}},
                                             {"expert 1", tensor(), {.experts = "experts"}}};
  Gradients gradients(memory);
  for (const Parameter& parameter : parameters) gradients.watch(parameter.value);
  Reach reach(parameters);
  CHECK_THROWS_WITH(reach.check(gradients, parameters, false), "training: no gradient reaches plain");
  gradients.reach(parameters[0].value.identity().get());
  CHECK_NOTHROW(reach.check(gradients, parameters, false));
  CHECK_THROWS_WITH(reach.check(gradients, parameters, true), "training: no gradient reaches expert 0");
  gradients.reach(parameters[2].value.identity().get());
  CHECK_NOTHROW(reach.check(gradients, parameters, true));
}

}  // namespace graft
