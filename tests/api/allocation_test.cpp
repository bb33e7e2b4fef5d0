// SPDX-License-Identifier: Apache-2.0
//
// Memory that runs out is an exception, and everything stays usable. (Not inside the JSON library, whose destructor
// allocates.)
#include <cmath>

#include "api/tiny_model.hpp"
#include "graft/trainer.hpp"
#include "support/each_fault.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

const Dataset kData = Dataset::from(
    std::vector<Example>{{.prompt = "One", .completion = " two"}, {.prompt = "Three", .completion = " four"}});
const TrainOptions kOneStep{.epochs = 1, .batch = 2, .learning_rate = 1e-3f};

std::vector<float> logits(const Model& model, const Adapter* adapter = nullptr) {
  return model.next_logits(std::vector<int32_t>{1, 2, 3}, adapter);
}

}  // namespace

TEST_CASE("A training step survives every allocation that fails", "[api][train][faults]") {
  Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter(model, {.rank = 2, .targets = {"q_proj"}, .seed = 1});
  const bool is_whole = GENERATE(false, true);
  fail_each_allocation(
      [&] {
        Trainer trainer = is_whole ? Trainer(model, kOneStep) : Trainer(model, adapter, kOneStep);
        trainer.fit(kData);
      },
      [&] {
        for (const float value : values_of(adapter)) REQUIRE(std::isfinite(value));
        for (const float value : logits(model, is_whole ? nullptr : &adapter)) REQUIRE(std::isfinite(value));
      });
  LoRAAdapter last(model, {.rank = 2, .targets = {"q_proj"}, .seed = 1});
  CHECK(Trainer(model, last, kOneStep).fit(kData).steps == 1);
}

TEST_CASE("Saving a model as GGUF survives every allocation that fails", "[api][faults]") {
  const TemporaryFolder folder;
  const Model model = tiny_model();
  fail_each_allocation([&] { model.save_gguf(folder.path() / "model.gguf", "q8_0"); });
  CHECK(logits(Model::load(folder.path() / "model.gguf", {.precision = Precision::f32})) == logits(model));
  CHECK(folder.entries() == 1);
}

}  // namespace graft
