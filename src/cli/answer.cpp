// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/texts.hpp"

namespace graft::inline v0 {
namespace {

struct AnswerArguments {
  ModelArguments model;
  PromptArguments context;
  std::string question;
  TaskOptions options;
  bool is_json = false;
};

int answer(AnswerArguments& arguments) {
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  arguments.options.adapter = adapter ? &*adapter : nullptr;
  const Answer found = model.answer(arguments.question, read_prompt(arguments.context), arguments.options);
  if (arguments.is_json)
    print_json({{"text", found.text}, {"begin", found.begin}, {"end", found.end}, {"score", found.score}});
  else
    std::cout << (found.text.empty() ? "(no answer)" : found.text) << '\n';
  return kDone;
}

struct FillArguments {
  ModelArguments model;
  TextArguments texts;
  int count = 5;
};

int fill(const FillArguments& arguments) {
  const Model model = load_model(arguments.model);
  for (const std::string& text : read_texts(arguments.texts)) {
    Json gaps = Json::array();
    for (const std::vector<FilledMask>& gap : model.fill_mask(text, arguments.count)) {
      Json tokens = Json::array();
      for (size_t i = 0; i < gap.size(); ++i) {
        tokens.push_back({{"token", gap[i].token}, {"id", gap[i].id}, {"probability", gap[i].probability}});
        if (!arguments.texts.is_json) std::cout << (i ? "\t" : "") << gap[i].token << ' ' << gap[i].probability;
      }
      gaps.push_back(std::move(tokens));
      if (!arguments.texts.is_json) std::cout << '\n';
    }
    if (arguments.texts.is_json) print_json({{"text", text}, {"gaps", std::move(gaps)}});
  }
  return kDone;
}

}  // namespace

void add_answer(Program& program) {
  auto arguments = std::make_shared<AnswerArguments>();
  CLI::App& command = *program.app.add_subcommand("answer", "Find the part of a text that answers a question");
  add_model_options(command, arguments->model);
  command.add_option("-q,--question", arguments->question, "the question")->required();
  add_prompt_options(command, arguments->context);
  command.add_option("--max-length", arguments->options.max_length, "tokens of a window; 0: the model's context");
  command.add_flag("--json", arguments->is_json, "one JSON object");
  command.footer("Example: graft answer -m squad -q \"When do you open?\" -f opening-hours.txt");
  command.callback([&program, arguments] { program.action = [arguments] { return answer(*arguments); }; });
}

void add_fill(Program& program) {
  auto arguments = std::make_shared<FillArguments>();
  CLI::App& command = *program.app.add_subcommand("fill", "Fill the gaps of texts, a line for each mask token");
  add_model_options(command, arguments->model);
  add_text_options(command, arguments->texts);
  command.add_option("-n,--count", arguments->count, "tokens for each gap")->capture_default_str();
  command.footer("Example: graft fill -m bert-base-uncased \"Paris is the capital of [MASK].\"");
  command.callback([&program, arguments] { program.action = [arguments] { return fill(*arguments); }; });
}

}  // namespace graft::inline v0
