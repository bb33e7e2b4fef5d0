// SPDX-License-Identifier: Apache-2.0
//
// Answers from the same weights while an adapter is tuned beside them:  04_serve_while_training MODEL DATA
#include <atomic>
#include <graft/graft.hpp>
#include <iostream>
#include <thread>

int main(int count, char** arguments) try {
  if (count < 3) throw std::invalid_argument("usage: 04_serve_while_training MODEL DATA");
  const auto model = graft::Model::load(arguments[1]);
  const auto data = graft::Dataset::chat(arguments[2]).take(16);
  graft::LoRAAdapter adapter(model, {.rank = 8});

  std::atomic<bool> is_done = false;
  std::thread server([&] {
    // Each call sees the adapter as the last finished step left it.
    int answers = 0;
    do {
      model.chat("When are you open?", {.max_tokens = 8, .adapter = &adapter});
      ++answers;
    } while (!is_done);
    std::cout << answers << " answers while training\n";
  });
  graft::Trainer(model, adapter, {.max_steps = 4, .batch = 4, .max_length = 64}).fit(data);
  is_done = true;
  server.join();
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
