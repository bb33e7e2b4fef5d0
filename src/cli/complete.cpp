// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/cancellation.hpp"
#include "cli/command.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {
namespace {

struct CompleteArguments {
  ModelArguments model;
  PromptArguments prompt;
  GenerateOptions options;
  bool is_json = false;
};

const char* text_of(Finish finish) {
  return finish == Finish::end ? "end" : finish == Finish::length ? "length" : "cancelled";
}

int complete(CompleteArguments& arguments) {
  const Cancellation cancellation;
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  GenerateOptions& options = arguments.options;
  options.adapter = adapter ? &*adapter : nullptr;
  options.cancel = cancellation.token();
  if (!arguments.is_json) options.on_text = [](std::string_view text) { std::cout << text << std::flush; };
  if (options.beams > 1) options.temperature = 0;
  const Generation result = model.generate(read_prompt(arguments.prompt), options);
  if (arguments.is_json)
    std::cout << Json{{"text", result.text},
                      {"tokens", result.tokens},
                      {"log_probabilities", result.log_probabilities},
                      {"finish", text_of(result.finish)},
                      {"prompt_tokens", result.prompt_tokens},
                      {"prompt_seconds", result.prompt_seconds},
                      {"seconds", result.seconds}}
                     .dump();
  std::cout << std::endl;
  return result.finish == Finish::cancelled ? kCancelled : kDone;
}

}  // namespace

void add_complete(Program& program) {
  auto arguments = std::make_shared<CompleteArguments>();
  CLI::App& command = *program.app.add_subcommand("complete", "Continue a text");
  add_model_options(command, arguments->model);
  add_prompt_options(command, arguments->prompt);
  add_sampling_options(command, arguments->options);
  command.add_option("--beams", arguments->options.beams, "beam search instead of sampling")->capture_default_str();
  command.add_option("--length-penalty", arguments->options.length_penalty, "of beams; above 0 for longer texts")
      ->capture_default_str();
  command.add_flag("--json", arguments->is_json, "one JSON object");
  command.callback([&program, arguments] { program.action = [arguments] { return complete(*arguments); }; });
}

}  // namespace graft::inline v0
