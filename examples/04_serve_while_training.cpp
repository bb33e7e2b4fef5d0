// SPDX-License-Identifier: Apache-2.0
//
// Serves tokens from a model while an adapter for it is tuned, then serves the adapter, too. Shows how long each served
// token took, and how soon the adapter is live:  04_serve_while_training MODEL DATA [STEPS]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <graft/graft.hpp>
#include <iostream>
#include <thread>

namespace {
using Clock = std::chrono::steady_clock;
enum Phase { before, during, after };
constexpr const char* kPhases[] = {"before training", "during training", "after training"};
constexpr size_t kTokens = 30;  // served before training, and after it

double milliseconds(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

// What a host shares between its threads.
struct Service {
  std::atomic<Phase> phase = before;
  std::atomic<const graft::Adapter*> live = nullptr;
  std::atomic<size_t> served[3] = {};     // tokens of each phase
  std::vector<double> latencies[3] = {};  // the server's, in milliseconds
  Clock::time_point first_with_adapter = {};

  void wait_for(Phase of, size_t tokens) const {
    while (served[of] < tokens) std::this_thread::yield();
  }
};

// One token after the other; each is computed with the adapter that is live just then.
void serve(const graft::Model& model, Service& service, const std::stop_token& stop) {
  graft::Session session = model.session();
  const graft::Adapter* adapter = nullptr;
  const std::string prompt = "Question: When are you open?\nAnswer:";
  for (std::string text = prompt; !stop.stop_requested();) {
    const Phase phase = service.phase;
    const Clock::time_point start = Clock::now();
    const bool is_new = adapter != service.live;
    if (is_new) session.use(adapter = service.live);
    const std::string token = session.generate(text, {.max_tokens = 1, .ignore_end = true}).text;
    if (is_new) service.first_with_adapter = Clock::now();
    service.latencies[phase].push_back(milliseconds(Clock::now() - start));
    ++service.served[phase];
    text = text.size() < 200 ? text + token : prompt;
  }
}
}  // namespace

int main(int count, char** arguments) try {
  if (count < 3) throw std::invalid_argument("usage: 04_serve_while_training MODEL DATA [STEPS]");
  const auto model = graft::Model::load(arguments[1]);
  const auto data = graft::Dataset::chat(arguments[2]);
  graft::LoRAAdapter adapter(model, {.rank = 8});
  Service service;
  std::jthread server([&](std::stop_token stop) { serve(model, service, stop); });
  service.wait_for(before, kTokens);
  service.phase = during;
  graft::Trainer(model, adapter, {.max_steps = count > 3 ? std::stoi(arguments[3]) : 4, .batch = 4}).fit(data);
  service.phase = after;
  const Clock::time_point said = Clock::now();
  service.live = &adapter;
  service.wait_for(after, kTokens);
  server.request_stop();
  server.join();
  for (const Phase phase : {before, during, after}) {
    std::vector<double>& all = service.latencies[phase];
    std::ranges::sort(all);
    const auto at = [&](double share) { return all.empty() ? 0 : all[size_t(share * double(all.size() - 1))]; };
    std::cout << kPhases[phase] << ": " << all.size() << " tokens, median " << at(0.5) << " ms, 95 % below " << at(0.95)
              << " ms\n";
  }
  std::cout << "live " << milliseconds(service.first_with_adapter - said) << " ms after the host said so\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
