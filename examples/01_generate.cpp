// SPDX-License-Identifier: Apache-2.0
//
// Continues a text:  01_generate MODEL
#include <graft/graft.hpp>
#include <iostream>

int main(int count, char** arguments) try {
  if (count < 2) throw std::invalid_argument("usage: 01_generate MODEL");
  const auto model = graft::Model::load(arguments[1]);

  // Text as it comes, greedily.
  const graft::Generation result =
      model.generate("The capital of France is",
                     {.max_tokens = 24, .on_text = [](std::string_view text) { std::cout << text << std::flush; }});
  std::cout << "\n" << result.tokens.size() << " tokens in " << result.seconds << " s\n";

  // Several prompts in one batch, with chance; the same seed gives the same text.
  const std::vector<std::string> prompts = {"Once upon a time", "The recipe needs"};
  for (const auto& each : model.generate(prompts, {.max_tokens = 16, .temperature = 0.8f, .top_p = 0.9f, .seed = 7}))
    std::cout << "- " << each.text << "\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
