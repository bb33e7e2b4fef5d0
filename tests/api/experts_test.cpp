// SPDX-License-Identifier: Apache-2.0
//
// Adapters of some experts of a layer and not of others.
#include <catch2/catch.hpp>

#include "api/tiny_model.hpp"
#include "graft/trainer.hpp"
#include "graft/vector_adapters.hpp"
#include "support/temporary_folder.hpp"
#include "support/tested_kernels.hpp"

namespace graft {
namespace {

const char* const kConfig = R"({"model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 64,
  "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
  "num_local_experts": 4, "num_experts_per_tok": 2, "vocab_size": 1003, "max_position_embeddings": 128,
  "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false, "rope_theta": 10000.0})";

const std::filesystem::path kTokenizer = golden_path("tokenizers/bbpe-qwen2/tokenizer.json");

// A new model, saved and loaded with its matrices of another type.
Model experts_as(const TemporaryFolder& folder, const std::string& weights, const std::string& kernels) {
  const DeviceOptions device{.kernels = kernels, .threads = 2};
  Model::create(kConfig, Tokenizer::load(kTokenizer.string()), 3, device).save(folder.path());
  return Model::load(folder.path().string(), {.device = device, .weights = weights});
}

}  // namespace

TEST_CASE("An adapter may drop inputs, or have gains, of one expert alone", "[api][train]") {
  for (const std::string& kernels : tested_kernels())
    for (const char* weights : {"bf16", "q8_0"}) {
      INFO(kernels << " " << weights);
      const TemporaryFolder folder;
      const Model model = experts_as(folder, weights, kernels);
      LoRAAdapter dropping(model, {.rank = 4, .dropout = 0.2f, .targets = {"experts.1.w2", "experts.2.w1"}});
      IA3Adapter scaling(model, {.targets = {"experts.1.w2"}, .feedforward = {"experts.1.w2"}});
      const TrainOptions options{.epochs = 4, .batch = 3, .learning_rate = 3e-2f};
      for (Adapter* adapter : {static_cast<Adapter*>(&dropping), static_cast<Adapter*>(&scaling)})
        CHECK(Trainer(model, *adapter, options).fit(questions()).losses.back() < 7);

      // A row's numbers do not depend on what its neighbours take.
      const std::vector<std::string> prompts = {"What is 2?", "What is 3?", "Who?"};
      const std::vector<Generation> batch =
          model.generate(prompts, {.max_tokens = 4, .ignore_end = true, .adapters = {nullptr, &scaling, &dropping}});
      const Generation alone = model.generate(prompts[0], {.max_tokens = 4, .ignore_end = true});
      CHECK(batch[0].tokens == alone.tokens);
      CHECK(batch[0].log_probabilities == alone.log_probabilities);
    }
}

}  // namespace graft
