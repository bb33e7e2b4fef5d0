// SPDX-License-Identifier: Apache-2.0
#include <graft/graft.hpp>
#include <iostream>

int main(int, char** arguments) {
  const auto model = graft::Model::load(arguments[1]);
  graft::LoRAAdapter adapter(model, {.rank = 4});
  const auto data = graft::Dataset::from(std::vector<graft::Example>{{.prompt = "Hello", .completion = " world"}});
  const auto report = graft::Trainer(model, adapter, {.epochs = 4, .learning_rate = 1e-2f}).fit(data);
  std::cout << "loss " << report.losses.front() << " to " << report.losses.back() << '\n';
  return report.losses.back() < report.losses.front() ? 0 : 1;
}
