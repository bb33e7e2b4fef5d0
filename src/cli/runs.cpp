// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>

#include "cli/command.hpp"
#include "formats/jsonl.hpp"
#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kColumns[] = {"run",   "began", "steps", "loss",          "held out",  "best",
                                    "tok/s", "batch", "seed",  "learning rate", "optimizer", "data"};
using Row = std::vector<std::string>;

std::string text_of(const Json& json) { return json.is_string() ? json.get<std::string>() : json.dump(); }

// The last losses of a run and the best held-out one, as its metrics tell them.
struct Metrics {
  Json step = nullptr, loss = nullptr, held_out = nullptr, best = nullptr, speed = nullptr;
};

Metrics read_metrics(const std::filesystem::path& path) {
  Metrics metrics;
  const MappedFile file = MappedFile::open(path);
  for_each_row(file, [&](const JsonObject& row, size_t) {
    if (row.has("loss")) {
      metrics.step = row.json()["step"];
      metrics.loss = row.number("loss");
      metrics.speed = int(row.number_or("tokens_per_second", 0));
    } else if (row.has("held_out_loss")) {
      metrics.held_out = row.number("held_out_loss");
      const double loss = metrics.held_out.get<double>();
      if (metrics.best.is_null() || loss < metrics.best.get<double>()) metrics.best = loss;
    }
  });
  return metrics;
}

std::string shown(const Json& number) {
  return number.is_null() ? "-" : number.is_number_float() ? message(number.get<float>()) : number.dump();
}

Row row_of(const std::filesystem::path& run) {
  const Json json = read_json(run / "run.json");
  const JsonObject object(json, (run / "run.json").string()), options = object.object("options");
  const Metrics metrics = read_metrics(run / "metrics.jsonl");
  const auto option = [&](const char* name) { return options.has(name) ? text_of(*options.find(name)) : "-"; };
  return {run.filename().string(),
          object.text("began"),
          shown(metrics.step),
          shown(metrics.loss),
          shown(metrics.held_out),
          shown(metrics.best),
          shown(metrics.speed),
          option("batch"),
          option("seed"),
          options.has("learning_rate") ? message(float(options.number("learning_rate"))) : "-",
          options.has("optimizer") ? options.object("optimizer").text_or("name", "-") : "-",
          option("data")};
}

void print(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows[0].size());
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i)
      std::cout << (i ? "  " : "") << std::left << std::setw(i + 1 < row.size() ? int(widths[i]) : 0) << row[i];
    std::cout << '\n';
  }
}

// The options by their paths, such as optimizer.beta1, which are longer the deeper they lie.
void collect(const Json& options, const std::string& path, std::map<std::string, std::string>& found) {
  for (const auto& [name, value] : options.items())
    if (value.is_object())
      collect(value, path + name + ".", found);
    else
      found[path + name] = text_of(value);
}

// Options that differ between the runs, a line each.
void print_differences(const std::vector<std::filesystem::path>& runs) {
  std::map<std::string, Row> values;
  for (size_t i = 0; i < runs.size(); ++i) {
    std::map<std::string, std::string> options;
    collect(read_json(runs[i] / "run.json")["options"], "", options);
    for (const auto& [name, value] : options) values.try_emplace(name, Row(runs.size(), "-")).first->second[i] = value;
  }
  std::vector<Row> rows;
  for (auto& [name, row] : values) {
    if (std::ranges::adjacent_find(row, std::not_equal_to()) == row.end()) continue;
    row.insert(row.begin(), name);
    rows.push_back(row);
  }
  if (rows.empty()) return;
  Row head = {"option"};
  for (const std::filesystem::path& run : runs) head.push_back(run.filename().string());
  rows.insert(rows.begin(), head);
  std::cout << '\n';
  print(rows);
}

int list_runs(const std::filesystem::path& folder) {
  check<FileError>(std::filesystem::is_directory(folder), folder.string(), ": is no folder");
  std::vector<std::filesystem::path> runs;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (std::filesystem::exists(entry.path() / "run.json")) runs.push_back(entry.path());
  check<FileError>(!runs.empty(), folder.string(), ": holds no run that TrainOptions::record has written");
  std::ranges::sort(runs);
  std::vector<Row> rows = {Row(std::begin(kColumns), std::end(kColumns))};
  for (const std::filesystem::path& run : runs) rows.push_back(row_of(run));
  print(rows);
  print_differences(runs);
  return kDone;
}

}  // namespace

void add_runs(Program& program) {
  auto folder = std::make_shared<std::string>();
  CLI::App& command = *program.app.add_subcommand("runs", "List recorded trainings, and how their options differ");
  command.add_option("folder", *folder, "what was given as record=FOLDER")->required();
  command.callback([&program, folder] { program.action = [folder] { return list_runs(*folder); }; });
}

}  // namespace graft::inline v0
