// SPDX-License-Identifier: Apache-2.0
#include "train/run_record.hpp"

#include <catch2/catch.hpp>

#include "support/file_text.hpp"
#include "support/temporary_folder.hpp"
#include "train/tiny_run.hpp"

namespace graft {
namespace {

TrainReport recorded_fit(const std::filesystem::path& folder) {
  const Goldens goldens = Goldens::load(golden_path("adapters/llama-lora"));
  const std::vector<TokenRow> rows = golden_rows(goldens);
  const auto trunk = tiny_llama("");
  const std::unique_ptr<Lora> lora = Lora::create(*trunk, {.targets = {.modules = {"q_proj"}}, .rank = 2}, 7);
  TrainOptions options = golden_options();
  options.record = folder;
  return fit(*trunk, *lora, rows, options, rows);
}

}  // namespace

TEST_CASE("Each fit records its options, metrics, plot and card in a folder of its own", "[train]") {
  const TemporaryFolder folder;
  const TrainReport report = recorded_fit(folder.path() / "runs");
  recorded_fit(folder.path() / "runs");
  CHECK(std::filesystem::exists(folder.path() / "runs/run-0002/run.json"));
  const std::filesystem::path run = folder.path() / "runs/run-0001";
  const Json json = read_json(run / "run.json");
  CHECK(json["options"]["learning_rate"].get<float>() == 0.01f);
  CHECK(json["options"]["optimizer"]["name"] == "adamw");
  CHECK(!json["data"].get<std::string>().empty());
  CHECK(json["version"] == "0.1.0");

  std::istringstream lines(read(run / "metrics.jsonl"));
  std::vector<float> losses, held_out;
  for (std::string line; std::getline(lines, line);) {
    const Json metrics = parse_json(line, "metrics.jsonl");
    (metrics.contains("loss") ? losses : held_out)
        .push_back(metrics.value("loss", metrics.value("held_out_loss", 0.f)));
  }
  CHECK(losses == report.losses);
  CHECK(held_out.size() == report.evaluations.size());
  CHECK(read(run / "loss.svg").starts_with("<svg "));
  CHECK(read(run / "loss.svg").ends_with("</svg>\n"));
  CHECK(read(run / "README.md").find("| held-out loss, best | ") != std::string::npos);
  size_t events = 0;
  for (const auto& entry : std::filesystem::directory_iterator(run))
    if (entry.path().filename().string().find("tfevents") != std::string::npos) events = entry.file_size();
  CHECK(events > 0);
}

TEST_CASE("A record that cannot be written is a notice, and training goes on", "[train]") {
  const TemporaryFolder folder;
  folder.file("taken", "no folder");
  const TrainReport report = recorded_fit(folder.path() / "taken");
  CHECK(report.steps == 10);
  REQUIRE(report.notices.size() == 1);
  CHECK(report.notices[0].starts_with("the record of the run ends here: "));
}

TEST_CASE("A full disk is told by a growing file", "[train]") {
  GrowingFile full("/dev/full");
  CHECK_THROWS_AS(full.write("a line\n"), FileError);
}

}  // namespace graft
