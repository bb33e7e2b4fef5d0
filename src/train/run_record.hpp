// SPDX-License-Identifier: Apache-2.0
//
// What stays of a run for whoever looks at it later: run.json (options, data, version), metrics.jsonl (a line a step or
// evaluation), an event file for TensorBoard, and at the end loss.svg and README.md, the model card.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include "graft/train_report.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

// A file that grows; each text is with the system when `write` returns. Failures are FileErrors.
class GrowingFile {
 public:
  explicit GrowingFile(std::filesystem::path path);
  void write(const std::string& text);

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

// Nothing here throws for a disk that is full or a folder that cannot be written: the first failure is a notice, and
// the record ends there.
class RunRecord {
 public:
  // Makes FOLDER/run-0001, or the next number that is free.
  RunRecord(const std::filesystem::path& folder, Json options, std::function<void(const std::string&)> notice);

  void add(const StepInfo& step);
  void add(const Evaluation& evaluation);
  void finish(const TrainReport& report);

 private:
  void begin(const std::filesystem::path& folder);
  void add_scalars(int step, const Json& values, const std::string& prefix);
  template <class Action>
  void attempt(const Action& action);

  Json options_;
  std::function<void(const std::string&)> notice_;
  std::filesystem::path folder_;
  std::optional<GrowingFile> metrics_, events_;
  bool is_broken_ = false;
};

}  // namespace graft::inline v0
