// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>

#include "cli/arguments.hpp"
#include "cli/cancellation.hpp"
#include "cli/command.hpp"

namespace graft::inline v0 {
namespace {

struct ChatArguments {
  ModelArguments model;
  std::string prompt, system;
  GenerateOptions options;
};

int chat(ChatArguments& arguments) {
  const Cancellation cancellation;
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  Session session = model.session({.system = arguments.system, .adapter = adapter ? &*adapter : nullptr});
  arguments.options.cancel = cancellation.token();
  arguments.options.on_text = [](std::string_view text) { std::cout << text << std::flush; };
  const auto answer = [&](const std::string& message) {
    const Finish finish = session.ask(message, arguments.options).finish;
    std::cout << std::endl;
    return finish != Finish::cancelled;
  };
  if (!arguments.prompt.empty()) return answer(arguments.prompt) ? kDone : kCancelled;
  const bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  const auto ask = [&] {
    if (is_terminal) std::cout << "> " << std::flush;
  };
  ask();
  for (std::string line; std::getline(std::cin, line); ask())
    if (!line.empty() && !answer(line)) return kCancelled;
  return kDone;
}

}  // namespace

void add_chat(Program& program) {
  auto arguments = std::make_shared<ChatArguments>();
  CLI::App& command = *program.app.add_subcommand("chat", "Hold a conversation, a message a line");
  add_model_options(command, arguments->model);
  command.add_option("-p,--prompt", arguments->prompt, "one message; then the program ends");
  command.add_option("--system", arguments->system, "the system message");
  add_sampling_options(command, arguments->options);
  command.callback([&program, arguments] { program.action = [arguments] { return chat(*arguments); }; });
}

}  // namespace graft::inline v0
