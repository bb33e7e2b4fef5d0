// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/texts.hpp"

namespace graft::inline v0 {
namespace {

struct ScoreArguments {
  ModelArguments model;
  TextArguments texts;
  std::vector<std::string> choices;
};

int score(const ScoreArguments& arguments) {
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  for (const std::string& text : read_texts(arguments.texts)) {
    const std::vector<Scored> scored = model.score(text, arguments.choices, adapter ? &*adapter : nullptr);
    Json list = Json::array();
    for (size_t i = 0; i < scored.size(); ++i) {
      const auto [log_likelihood, tokens] = scored[i];
      list.push_back({{"text", arguments.choices[i]}, {"log_likelihood", log_likelihood}, {"tokens", tokens}});
      if (!arguments.texts.is_json)
        std::cout << (i ? "\t" : "") << arguments.choices[i] << ' ' << log_likelihood << " (" << tokens << ')';
    }
    if (arguments.texts.is_json)
      print_json({{"prompt", text}, {"choices", std::move(list)}});
    else
      std::cout << '\n';
  }
  return kDone;
}

}  // namespace

void add_score(Program& program) {
  auto arguments = std::make_shared<ScoreArguments>();
  CLI::App& command = *program.app.add_subcommand("score", "Print how likely given continuations of a prompt are");
  add_model_options(command, arguments->model);
  add_text_options(command, arguments->texts);
  command.add_option("-c,--choice", arguments->choices, "a continuation; to be repeated")
      ->required()
      ->allow_extra_args(false);
  command.footer(
      "Natural logarithms, with the number of tokens.\n"
      "Example: graft score -m model.gguf -c \" good\" -c \" bad\" \"Review: I loved it. It was\"");
  command.callback([&program, arguments] { program.action = [arguments] { return score(*arguments); }; });
}

}  // namespace graft::inline v0
