// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {
namespace {

struct EvalArguments {
  ModelArguments model;
  std::string data;
  bool is_json = false, with_prompt = false;
};

int eval(const EvalArguments& arguments) {
  const Dataset data = read_data(arguments.data);
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  const Evaluation result =
      evaluate(model, adapter ? &*adapter : nullptr, data,
               {.train_on_prompt = arguments.with_prompt, .precision = arguments.model.options.precision});
  if (arguments.is_json)
    std::cout << Json{{"loss", result.loss}, {"perplexity", result.perplexity()}, {"tokens", result.tokens}}.dump()
              << '\n';
  else
    std::cout << "loss " << result.loss << ", perplexity " << result.perplexity() << " over " << result.tokens
              << " tokens\n";
  return kDone;
}

}  // namespace

void add_eval(Program& program) {
  auto arguments = std::make_shared<EvalArguments>();
  CLI::App& command = *program.app.add_subcommand("eval", "Measure the loss on data");
  add_model_options(command, arguments->model);
  command.add_option("--data", arguments->data, "JSONL or a .txt, as for train")->required();
  command.add_flag("--with-prompt", arguments->with_prompt, "count prompts, too");
  command.add_flag("--json", arguments->is_json, "one JSON object");
  command.callback([&program, arguments] { program.action = [arguments] { return eval(*arguments); }; });
}

}  // namespace graft::inline v0
