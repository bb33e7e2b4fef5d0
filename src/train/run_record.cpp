// SPDX-License-Identifier: Apache-2.0
#include "train/run_record.hpp"

#include <chrono>
#include <cmath>
#include <ctime>

#include "formats/tensorboard.hpp"
#include "graft/version.hpp"
#include "support/atomic_file.hpp"
#include "support/message.hpp"
#include "train/loss_plot.hpp"
#include "train/report_json.hpp"

namespace graft::inline v0 {
namespace {

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string date_text(double time) {
  const std::time_t seconds = std::time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::filesystem::path new_folder(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (int number = 1;; ++number) {
    const std::string digits = std::to_string(number);
    const std::filesystem::path path =
        folder / ("run-" + std::string(4 - std::min<size_t>(4, digits.size()), '0') + digits);
    if (std::filesystem::create_directory(path)) return path;
  }
}

std::string row(const std::string& name, const std::string& value) { return message("| ", name, " | ", value, " |\n"); }

std::string text_of(const Json& json) { return json.is_string() ? json.get<std::string>() : json.dump(); }

std::string model_card(const Json& run, const TrainReport& report) {
  std::string card = "# A training run\n\n| result | |\n| --- | --- |\n";
  card += row("steps", message(report.steps, report.cancelled       ? ", cancelled"
                                             : report.stopped_early ? ", stopped early"
                                                                    : ""));
  if (!report.losses.empty())
    card += row("loss, first and last step", message(report.losses.front(), ", ", report.losses.back()));
  if (!report.evaluations.empty()) {
    const Evaluation& last = report.evaluations.back();
    card += row("held-out loss, last", message(last.loss));
    if (last.rewards)
      card += row("chosen above rejected", message(last.rewards->accuracy, ", margin ", last.rewards->margin));
  }
  if (!std::isnan(report.best.loss))
    card += row("held-out loss, best", message(report.best.loss, " after step ", report.best.step));
  card += row("tokens", message(report.tokens, ", of which ", report.trained_tokens, " learned"));
  card += row("trained values", message(report.trained_parameters));
  card += row("seconds", message(report.seconds)) + row("peak memory", message(report.peak_bytes >> 20, " MiB"));
  card += "\n![loss](loss.svg)\n\n| option | |\n| --- | --- |\n";
  for (const auto& [name, value] : run.items())
    if (name != "options") card += row(name, text_of(value));
  for (const auto& [name, value] : run["options"].items()) card += row(name, message("`", text_of(value), "`"));
  if (!report.notices.empty()) card += "\nNotices:\n\n";
  for (const std::string& notice : report.notices) card += message("- ", notice, "\n");
  return card;
}

}  // namespace

GrowingFile::GrowingFile(std::filesystem::path path)
    : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::app) {
  check<FileError>(file_.good(), path_.string(), ": cannot be written");
}

void GrowingFile::write(const std::string& text) {
  file_ << text << std::flush;
  check<FileError>(file_.good(), path_.string(), ": cannot be written, the disk may be full");
}

template <class Action>
void RunRecord::attempt(const Action& action) {
  if (is_broken_) return;
  try {
    action();
  } catch (const std::exception& error) {
    is_broken_ = true;
    notice_(message("the record of the run ends here: ", error.what()));
  }
}

RunRecord::RunRecord(const std::filesystem::path& folder, Json options, std::function<void(const std::string&)> notice)
    : options_(std::move(options)), notice_(std::move(notice)) {
  attempt([&] { begin(folder); });
}

void RunRecord::begin(const std::filesystem::path& folder) {
  const double time = wall_clock();
  folder_ = new_folder(folder);
  options_["version"] = kVersion;
  options_["began"] = date_text(time);
  write_file(folder_ / "run.json", options_.dump(2) + "\n");
  metrics_.emplace(folder_ / "metrics.jsonl");
  events_.emplace(folder_ / message("events.out.tfevents.", int64_t(time), ".graft"));
  events_->write(version_record(time));
}

void RunRecord::add_scalars(int step, const Json& values, const std::string& prefix) {
  std::string records;
  for (const auto& [name, value] : values.items())
    if (name != "step" && name != "steps" && value.is_number())
      records += scalar_record(wall_clock(), step, prefix + name, value.get<float>());
  events_->write(records);
}

void RunRecord::add(const StepInfo& step) {
  attempt([&] {
    const Json values = json_of(step);
    metrics_->write(values.dump() + "\n");
    add_scalars(step.step, values, "train/");
  });
}

void RunRecord::add(const Evaluation& evaluation) {
  attempt([&] {
    const Json values = json_of(evaluation);
    metrics_->write(values.dump() + "\n");
    add_scalars(evaluation.step, values, "held_out/");
  });
}

void RunRecord::finish(const TrainReport& report) {
  attempt([&] {
    write_file(folder_ / "loss.svg", loss_plot(report));
    write_file(folder_ / "README.md", model_card(options_, report));
  });
}

}  // namespace graft::inline v0
