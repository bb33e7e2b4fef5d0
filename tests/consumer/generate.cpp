// SPDX-License-Identifier: Apache-2.0
#include <graft/graft.hpp>
#include <iostream>

int main(int, char** arguments) {
  const auto model = graft::Model::load(arguments[1]);
  const graft::Generation result = model.generate("Hello", {.max_tokens = 8});
  std::cout << "generated " << result.tokens.size() << " tokens\n";
  return result.tokens.empty() ? 1 : 0;
}
