// SPDX-License-Identifier: Apache-2.0
//
// Which way of tuning suits a task:  methods LABELLED.jsonl MODEL [STEPS [METHOD …]]
// Each method, or each of those named, tunes a classifier on the same rows; one line of a Markdown table a method.
// Quality is the macro-F1 of held-out texts, with its 95 % interval. LoRA and AdaLoRA spend the same ranks; AdaLoRA
// also tells where. examples/data/sentiment_texts.py makes the rows.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <graft/graft.hpp>
#include <iostream>
#include <set>

namespace {

constexpr size_t kTrained = 2000, kTested = 1000;

struct Task {
  std::string model;
  graft::Dataset train, test;
  std::vector<std::string> labels;
  int steps;
  std::set<std::string> methods = {};  // none: all

  bool wants(const char* method) const { return methods.empty() || methods.contains(method); }
};

Task read_task(const std::string& rows, const std::string& model, int steps) {
  const auto data = graft::Dataset::labelled(rows);
  const size_t tested = std::min(kTested, data.size() / 3), end = std::min(data.size(), tested + kTrained);
  std::vector<graft::Example> test, train;
  std::set<std::string> labels;
  for (size_t i = 0; i < end; ++i) (i < tested ? test : train).push_back(data[i]);
  for (size_t i = 0; i < end; ++i) labels.insert(data[i].labels[0]);
  return {model,
          graft::Dataset::from(std::move(train)),
          graft::Dataset::from(std::move(test)),
          {labels.begin(), labels.end()},
          steps};
}

graft::TrainOptions options(const Task& task, float rate) {
  return {.epochs = 1000,
          .max_steps = task.steps,
          .batch = 16,
          .max_length = 64,
          .learning_rate = rate,
          .warmup_ratio = 0.1f};
}

void tell(const Task& task, const char* method, const graft::TrainReport& report, const graft::Model& model,
          const graft::Adapter* adapter) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < task.test.size(); ++i) texts.push_back(task.test[i].text);
  const auto found = model.classify(texts, {.max_length = 64, .adapter = adapter});
  const graft::Estimate f1 = graft::classification_report(task.test, found, task.labels).macro_f1;
  std::printf("| %s | %lld | %zu MiB | %.0f ms | %.3f (%.3f to %.3f) |\n", method,
              static_cast<long long>(report.trained_parameters), report.peak_bytes >> 20,
              1000 * report.seconds / report.steps, f1.value, f1.low, f1.high);
  std::fflush(stdout);
}

graft::Model load(const Task& task) {
  return graft::Model::load(task.model, {.head = graft::Head::classify(task.labels)});
}

void tune(const Task& task, const char* method, float rate,
          const std::function<graft::Adapter(const graft::Model&)>& make) {
  if (!task.wants(method)) return;
  const graft::Model model = load(task);
  graft::Adapter adapter = make(model);
  const graft::TrainReport report = graft::Trainer(model, adapter, options(task, rate)).fit(task.train);
  tell(task, method, report, model, &adapter);
  if (adapter.method() != "ADALORA") return;
  for (const auto& [site, rank] : adapter.ranks()) std::cerr << "rank " << rank << "  " << site << '\n';
}

// Of the model itself; `trained`: patterns of names, none for all.
void tune_itself(const Task& task, const char* method, float rate, const std::vector<std::string>& trained) {
  if (!task.wants(method)) return;
  graft::Model model = load(task);
  graft::TrainOptions chosen = options(task, rate);
  chosen.trained = trained;
  const graft::TrainReport report = graft::Trainer(model, chosen).fit(task.train);
  tell(task, method, report, model, nullptr);
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 3) throw std::invalid_argument("usage: methods LABELLED.jsonl MODEL [STEPS [METHOD ...]]");
  Task task = read_task(arguments[1], arguments[2], count > 3 ? std::stoi(arguments[3]) : 300);
  if (count > 4) task.methods.insert(arguments + 4, arguments + count);
  const auto lora = [](const graft::LoRAOptions& chosen) {
    return [chosen](const graft::Model& model) { return graft::LoRAAdapter(model, chosen); };
  };
  std::puts("| method | trained values | memory | a step | macro-F1 |\n|---|---|---|---|---|");
  tune_itself(task, "the head alone", 1e-3f, {"score.*", "classifier.*"});
  tune_itself(task, "full", 5e-5f, {});
  tune_itself(task, "BitFit", 1e-3f, {".*bias", "score.*", "classifier.*"});
  tune(task, "LoRA", 5e-4f, lora({}));
  tune(task, "AdaLoRA", 5e-3f, [](const graft::Model& model) { return graft::AdaLoRAAdapter(model); });
  tune(task, "rsLoRA", 5e-4f, lora({.rank_stabilized = true}));
  tune(task, "LoRA+", 2e-4f, lora({.plus_ratio = 16}));
  tune(task, "DoRA", 5e-4f, lora({.dora = true}));
  tune(task, "PiSSA", 2e-4f, lora({.initial = graft::LoRAInitial::pissa}));
  tune(task, "OLoRA", 2e-4f, lora({.initial = graft::LoRAInitial::olora}));
  tune(task, "IA3", 5e-3f, [](const graft::Model& model) { return graft::IA3Adapter(model); });
  tune(task, "VeRA", 5e-3f, [](const graft::Model& model) { return graft::VeRAAdapter(model); });
  tune(task, "prefix tuning", 1e-2f, [](const graft::Model& model) { return graft::PrefixAdapter(model); });
  tune(task, "prompt tuning", 1e-2f, [](const graft::Model& model) { return graft::PromptAdapter(model); });
} catch (const std::exception& error) {
  std::cerr << "methods: " << error.what() << '\n';
  return 1;
}
