// SPDX-License-Identifier: Apache-2.0
//
// Memory that runs out is an exception, everything stays usable, and no file is lost.
#include <cmath>
#include <map>

#include "api/tiny_model.hpp"
#include "graft/trainer.hpp"
#include "support/each_fault.hpp"
#include "support/file_text.hpp"
#include "support/temporary_folder.hpp"
#include "train/checkpoint.hpp"

namespace graft {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSparse = 40;  // how densely allocations of what takes long are tried

const Dataset kData = Dataset::from(
    std::vector<Example>{{.prompt = "One", .completion = " two"}, {.prompt = "Three", .completion = " four"}});
const TrainOptions kOneStep{.epochs = 1, .batch = 2, .learning_rate = 1e-3f};

std::vector<float> logits(const Model& model, const Adapter* adapter = nullptr) {
  return model.next_logits(std::vector<int32_t>{1, 2, 3}, adapter);
}

// All files below a folder.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().string()] = read(entry.path());
  return files;
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

TEST_CASE("Loading a model survives every allocation that fails", "[api][faults]") {
  const TemporaryFolder folder;
  const Model model = tiny_model();
  const bool is_gguf = GENERATE(false, true);
  const fs::path path = folder.path() / (is_gguf ? "model.gguf" : "model");
  is_gguf ? model.save_gguf(path, "f32") : model.save(path, "f32");
  const auto load = [&] { return Model::load(path, {.device = {.threads = 2}, .precision = Precision::f32}); };
  fail_each_allocation([&] { load(); }, [] {}, kSparse);
  CHECK(logits(load()) == logits(model));
}

TEST_CASE("Saving a model as a folder survives every allocation that fails", "[api][faults]") {
  const TemporaryFolder folder;
  const Model model = tiny_model();
  model.save(folder.path(), "f32");
  const auto before = files_of(folder.path());
  CHECK(before.size() > 3);
  fail_each_allocation([&] { model.save(folder.path(), "f32"); }, [&] { CHECK((files_of(folder.path()) == before)); },
                       kSparse);
  CHECK(logits(Model::load(folder.path(), {.precision = Precision::f32})) == logits(model));
}

TEST_CASE("Saving and loading an adapter survives every allocation that fails", "[api][faults]") {
  const TemporaryFolder folder;
  const Model model = tiny_model();
  const LoRAAdapter adapter = changing_adapter(model);
  adapter.save(folder.path());
  const auto before = files_of(folder.path());
  const std::vector<float> expected = logits(model, &adapter);
  fail_each_allocation(
      [&] {
        adapter.save(folder.path());
        const Adapter loaded = Adapter::load(folder.path(), model);
      },
      [&] { CHECK((files_of(folder.path()) == before)); }, kSparse);
  const Adapter loaded = Adapter::load(folder.path(), model);
  CHECK(logits(model, &adapter) == expected);
  CHECK(logits(model, &loaded) == expected);
}

TEST_CASE("A training step with checkpoints survives every allocation that fails", "[api][train][faults]") {
  const TemporaryFolder folder;
  const Model model = tiny_model(Precision::automatic);
  TrainOptions options = kOneStep;
  options.checkpoints = folder.path() / "checkpoints";
  options.record = folder.path() / "record";
  const bool is_resumed = GENERATE(false, true);
  options.resume = false;
  const auto train = [&] {
    LoRAAdapter adapter(model, {.rank = 2, .targets = {"q_proj"}, .seed = 1});
    Trainer(model, adapter, options).fit(kData);
  };
  train();
  options.resume = is_resumed;
  fail_each_allocation(
      train, [&] { CHECK_NOTHROW(open_checkpoint(options.checkpoints / "step-1")); }, kSparse);
  train();
  CHECK(std::distance(fs::directory_iterator(options.checkpoints), {}) == 1);
}

}  // namespace graft
