// SPDX-License-Identifier: Apache-2.0
//
// A conversation that remembers:  02_chat MODEL
#include <graft/graft.hpp>
#include <iostream>

int main(int count, char** arguments) try {
  if (count < 2) throw std::invalid_argument("usage: 02_chat MODEL");
  const auto model = graft::Model::load(arguments[1]);
  graft::Session session = model.session({.system = "Answer in one sentence."});

  for (const char* question : {"Who wrote Faust?", "When was he born?"}) {
    std::cout << "> " << question << "\n";
    const graft::Generation answer = session.ask(question, {.max_tokens = 32});
    std::cout << answer.text << "\n(" << answer.cached_tokens << " of " << answer.prompt_tokens
              << " tokens were remembered)\n";
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
