// SPDX-License-Identifier: Apache-2.0
//
// Tunes an adapter on a JSONL file of conversations:  03_lora MODEL DATA
#include <graft/graft.hpp>
#include <iostream>

int main(int count, char** arguments) try {
  if (count < 3) throw std::invalid_argument("usage: 03_lora MODEL DATA");
  const auto model = graft::Model::load(arguments[1]);
  const auto [train, held_out] = graft::Dataset::chat(arguments[2]).split(0.9);

  graft::LoRAAdapter adapter(model, {.rank = 8, .alpha = 16, .targets = {"q_proj", "v_proj"}});
  graft::Trainer trainer(model, adapter, {.max_steps = 6, .max_length = 64, .learning_rate = 1e-3f});
  const graft::TrainReport report = trainer.fit(train, held_out);
  std::cout << adapter.parameters() << " values trained, loss " << report.losses.front() << " to "
            << report.losses.back() << "\n";

  // The model itself has not changed: the adapter is passed to a call, or not.
  const char* question = "When are you open?";
  std::cout << "before: " << model.chat(question, {.max_tokens = 24}).text << "\n";
  std::cout << "after:  " << model.chat(question, {.max_tokens = 24, .adapter = &adapter}).text << "\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
