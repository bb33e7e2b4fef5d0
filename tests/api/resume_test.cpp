// SPDX-License-Identifier: Apache-2.0
//
// Training that was interrupted, and checkpoints that were damaged meanwhile.
#include <catch2/catch.hpp>

#include "api/tiny_model.hpp"
#include "graft/error.hpp"
#include "graft/trainer.hpp"
#include "support/file_text.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

namespace fs = std::filesystem;

// One way in which a checkpoint gets lost, and the file that an error must name.
struct Damage {
  std::string name, file;
  void (*apply)(const fs::path& file);
};

const Damage kDamages[] = {
    {"a flipped bit in the tensors", "state.safetensors",
     [](const fs::path& file) {
       std::string text = read(file);
       text[text.size() - 9] = char(text[text.size() - 9] ^ 1);
       write(file, text);
     }},
    {"a flipped bit in the run", "run.json",
     [](const fs::path& file) {
       std::string text = read(file);
       text[text.find("\"step\": ") + 8] ^= 1;
       write(file, text);
     }},
    {"a flipped bit in the manifest", "manifest.json",
     [](const fs::path& file) {
       std::string text = read(file);
       text[text.find("\"bytes\": ") + 9] ^= 1;
       write(file, text);
     }},
    {"a truncated file", "state.safetensors",
     [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
    {"an empty manifest", "manifest.json", [](const fs::path& file) { fs::resize_file(file, 0); }},
    {"a missing file", "run.json", [](const fs::path& file) { fs::remove(file); }},
    {"a missing manifest", "manifest.json", [](const fs::path& file) { fs::remove(file); }},
    {"a later version", "manifest.json",
     [](const fs::path& file) {
       std::string text = read(file);
       text[text.find("\"version\": ") + 11] = '9';
       write(file, text);
     }},
};

class Runs {
 public:
  // The values after a run with a fresh adapter that is cancelled after a step (0: not).
  std::vector<float> run(const fs::path& checkpoints, int stop_after = 0, int keep = 2) {
    LoRAAdapter adapter(model_, {.rank = 4, .dropout = 0.1f, .targets = {"q_proj", "v_proj"}, .seed = 1});
    std::stop_source source;
    TrainOptions options{.epochs = 4, .batch = 2, .learning_rate = 1e-2f, .seed = 7};
    options.checkpoints = checkpoints;
    options.checkpoint_every = 2;
    options.keep_checkpoints = keep;
    options.cancel = source.get_token();
    options.on_step = [&](const StepInfo& step) {
      if (step.step == stop_after) source.request_stop();
    };
    report = Trainer(model_, adapter, options).fit(data_, held_out_);
    return values_of(adapter);
  }

  TrainReport report;

 private:
  Model model_ = tiny_model(Precision::automatic);
  Dataset data_ = Dataset::from(std::vector<Example>{{.prompt = "One", .completion = " two"},
                                                     {.prompt = "Three", .completion = " four"},
                                                     {.prompt = "Five", .completion = " six"},
                                                     {.text = "Seven eight nine"}});
  Dataset held_out_ = Dataset::from(std::vector<Example>{{.prompt = "Ten", .completion = " eleven"}});
};

}  // namespace

TEST_CASE("A run goes on from its checkpoints to the same adapter, to the bit", "[api][train]") {
  Runs runs;
  const TemporaryFolder folder;
  const std::vector<float> undisturbed = runs.run({});
  const std::vector<float> losses = runs.report.losses;
  for (const int stop : {3, 6}) {
    runs.run(folder.path(), stop);
    CHECK(runs.report.cancelled);
    CHECK(runs.report.steps == stop);
  }
  CHECK(runs.run(folder.path()) == undisturbed);
  CHECK(runs.report.losses == losses);
  CHECK_FALSE(runs.report.cancelled);
  REQUIRE(runs.report.notices.size() == 1);
  CHECK(runs.report.notices[0].starts_with("resumed from "));
  CHECK(folder.entries() == 2);
}

TEST_CASE("A damaged newest checkpoint is passed over, and refused by name when it is the only one", "[api][train]") {
  const Damage& damage = kDamages[GENERATE(range(0, int(std::size(kDamages))))];
  INFO(damage.name);
  Runs runs;
  const std::vector<float> undisturbed = runs.run({});
  {
    const TemporaryFolder folder;
    runs.run(folder.path(), 5);
    REQUIRE(fs::is_directory(folder.path() / "step-4"));
    damage.apply(folder.path() / "step-5" / damage.file);
    CHECK(runs.run(folder.path()) == undisturbed);
    REQUIRE(runs.report.notices.size() == 2);
    CHECK(runs.report.notices[0].starts_with("checkpoint passed over: "));
    CHECK(runs.report.notices[0].find("step-5/" + damage.file) != std::string::npos);
    CHECK(runs.report.notices[1] == "resumed from " + (folder.path() / "step-4").string());
  }
  const TemporaryFolder folder;
  runs.run(folder.path(), 5, 1);
  REQUIRE(folder.entries() == 1);
  damage.apply(folder.path() / "step-5" / damage.file);
  const std::string said = refusal([&] { runs.run(folder.path()); });
  CHECK(said.find("step-5/" + damage.file) != std::string::npos);
  if (damage.name == "a later version") CHECK(said.find("\"version\"") != std::string::npos);
  CHECK(said.find("remove the folder, or train with resume = false") != std::string::npos);
}

}  // namespace graft
