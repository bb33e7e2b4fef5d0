// SPDX-License-Identifier: Apache-2.0
//
// The main job, end to end:  demo MODEL DATA ADAPTER [EPOCHS]
// Asks a model three questions about a shop that it cannot know, tunes an adapter on the shop's support answers, asks
// again, saves the adapter and loads it back.
#include <algorithm>
#include <graft/graft.hpp>
#include <iostream>

namespace {

constexpr const char* kQuestions[] = {"How many days do I have to return something?",
                                      "Which courier delivers my parcel?", "What is the name of the founder's cat?"};

void ask(const graft::Model& model, const graft::Adapter* adapter) {
  for (const char* question : kQuestions) {
    std::cout << "  > " << question << "\n    ";
    model.chat(question, {.max_tokens = 120, .adapter = adapter, .on_text = [](std::string_view text) {
                            std::cout << text << std::flush;
                          }});
    std::cout << "\n";
  }
}

void show(const graft::StepInfo& step) {
  if (step.step % std::max(1, step.steps / 10) == 0 || step.step == 1 || step.step == step.steps)
    std::cout << "  step " << step.step << "/" << step.steps << "  loss " << step.loss << "  "
              << int(step.tokens_per_second) << " tokens/s  " << int(step.seconds_left) << " s left" << std::endl;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 4) throw std::invalid_argument("usage: demo MODEL DATA ADAPTER [EPOCHS]");
  const auto model = graft::Model::load(arguments[1]);
  const graft::ModelInfo info = model.info();
  std::cout << info.family << ", " << info.parameters / 1000000 << " M parameters in " << info.weight_types << ", on "
            << info.kernels << " with " << info.threads << " threads\n\nBefore tuning:\n";
  ask(model, nullptr);

  const auto data = graft::Dataset::chat(arguments[2]);
  const int epochs = count > 4 ? std::stoi(arguments[4]) : 8;
  graft::LoRAAdapter adapter(model, {.rank = 16, .alpha = 32});
  graft::Trainer trainer(
      model, adapter, {.epochs = epochs, .learning_rate = 1e-3f, .schedule = graft::Schedule::cosine, .on_step = show});
  std::cout << "\nTuning " << adapter.parameters() << " values on " << data.size() << " conversations:\n";
  const graft::TrainReport report = trainer.fit(data);
  std::cout << "  loss " << report.losses.front() << " to " << report.losses.back() << " in " << int(report.seconds)
            << " s, " << int(report.tokens_per_second) << " tokens/s, " << (report.peak_bytes >> 20)
            << " MiB beside the weights\n";

  adapter.save(arguments[3]);
  const graft::Adapter loaded = graft::Adapter::load(arguments[3], model);
  std::cout << "\nAfter tuning, with the adapter saved to " << arguments[3] << " and loaded back:\n";
  ask(model, &loaded);
} catch (const std::exception& error) {
  std::cerr << "demo: " << error.what() << "\n";
  return 1;
}
