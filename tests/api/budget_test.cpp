// SPDX-License-Identifier: Apache-2.0
//
// Training that fits into a memory and a time.
#include <catch2/catch.hpp>

#include "api/tiny_model.hpp"
#include "graft/trainer.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

constexpr double kTolerance = 0.15;

Model medium_model() {
  return Model::create(R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 128,
    "intermediate_size": 384, "num_hidden_layers": 6, "num_attention_heads": 8, "num_key_value_heads": 4,
    "vocab_size": 900, "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "hidden_act": "silu",
    "tie_word_embeddings": false, "rope_theta": 10000.0})",
                       tiny_model().tokenizer(), 3, {.threads = 2});
}

Dataset long_texts() {
  std::vector<Example> examples;
  for (int i = 0; i < 16; ++i) {
    std::string text = "Number " + std::to_string(i) + ":";
    for (int word = 0; word < 30; ++word) text += " and " + std::to_string(word * i % 10);
    examples.push_back({.text = text});
  }
  return Dataset::from(std::move(examples));
}

// What training really took, as a share of the estimate.
double real_share(const Trainer& trainer, const TrainReport& report) {
  return double(report.peak_bytes) / double(trainer.memory_estimate(long_texts()));
}

}  // namespace

TEST_CASE("The estimate of training's memory is within 15 % of the peak", "[api][train][budget]") {
  const bool is_whole = GENERATE(false, true);
  const bool recompute = GENERATE(false, true);
  const Precision precision = GENERATE(Precision::f32, Precision::bf16);
  const int tokens = GENERATE(128, 1024);
  INFO((is_whole ? "model" : "adapter") << ", recompute " << recompute << ", precision " << int(precision) << ", "
                                        << tokens << " tokens");
  Model model = medium_model();
  LoRAAdapter adapter(model, {.rank = 8});
  const TrainOptions options{.max_steps = 2,
                             .batch = 16,
                             .micro_batch_tokens = tokens,
                             .max_length = 128,
                             .precision = precision,
                             .recompute = recompute};
  Trainer trainer = is_whole ? Trainer(model, options) : Trainer(model, adapter, options);
  CHECK(real_share(trainer, trainer.fit(long_texts())) == Approx(1).margin(kTolerance));
}

TEST_CASE("What is kept for the backward pass may be rounded beside exact products", "[api][train][budget]") {
  Model model = medium_model();
  TrainOptions options{.max_steps = 3, .batch = 16, .micro_batch_tokens = 2048, .max_length = 128};
  options.precision = Precision::f32;
  const auto fit = [&](bool rounded) {
    LoRAAdapter adapter(model, {.rank = 8, .seed = 1});
    options.save_rounded = rounded;
    Trainer trainer(model, adapter, options);
    const TrainReport report = trainer.fit(long_texts());
    CHECK(real_share(trainer, report) == Approx(1).margin(kTolerance));
    return report;
  };
  const TrainReport exact = fit(false), rounded = fit(true);
  CHECK(double(rounded.peak_bytes) < 0.75 * double(exact.peak_bytes));
  CHECK(rounded.losses[0] == exact.losses[0]);
  CHECK(rounded.losses[2] != exact.losses[2]);
  CHECK(rounded.losses[2] == Approx(exact.losses[2]).epsilon(1e-3));
}

TEST_CASE("Training is made to fit into a memory, at the least cost of time", "[api][train][budget]") {
  const Model model = medium_model();
  LoRAAdapter adapter(model, {.rank = 8});
  const TrainOptions options{.max_steps = 2, .batch = 16, .micro_batch_tokens = 2048, .max_length = 128};
  Trainer roomy(model, adapter, options);
  const size_t all = roomy.memory_estimate(long_texts());
  roomy.fit_to_memory(long_texts(), all);
  CHECK(roomy.options().micro_batch_tokens == 2048);
  CHECK_FALSE(roomy.options().recompute);

  Trainer halved(model, adapter, options);
  halved.fit_to_memory(long_texts(), all / 2);
  CHECK(halved.options().micro_batch_tokens < 2048);
  CHECK_FALSE(halved.options().recompute);
  CHECK(halved.memory_estimate(long_texts()) <= all / 2);
  CHECK(double(halved.fit(long_texts()).peak_bytes) <= (1 + kTolerance) * double(all / 2));

  Trainer cramped(model, adapter, options);
  const std::string said = refusal<ResourceError>([&] { cramped.fit_to_memory(long_texts(), 1000); });
  CHECK(said.find("but there are 1000") != std::string::npos);
  CHECK(cramped.options().micro_batch_tokens == 2048);
  const size_t least = std::stoul(said.substr(said.find(": ") + 2));
  cramped.fit_to_memory(long_texts(), least);
  CHECK(cramped.options().recompute);
  CHECK_THROWS_AS(cramped.fit_to_memory(long_texts(), least - 1), ResourceError);
}

TEST_CASE("Training is made to fit into a time, and measuring changes nothing", "[api][train][budget]") {
  Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter(model, {.rank = 4, .dropout = 0.1f, .seed = 1}),
      other(model, {.rank = 4, .dropout = 0.1f, .seed = 1});
  const TrainOptions options{.epochs = 3, .batch = 4, .learning_rate = 1e-3f};
  const std::vector<float> before = values_of(adapter);
  Trainer patient(model, adapter, options), hasty(model, adapter, options), plain(model, other, options);
  patient.fit_to_time(long_texts(), 1e6);
  hasty.fit_to_time(long_texts(), 1e-9);
  CHECK(patient.options().max_steps >= 12);
  CHECK(hasty.options().max_steps == 1);
  CHECK(values_of(adapter) == before);
  CHECK(patient.fit(long_texts()).losses == plain.fit(long_texts()).losses);
  CHECK_THROWS_AS(patient.fit_to_time(long_texts(), 0), ArgumentError);
}

}  // namespace graft
