// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {
namespace {

struct TokenizeArguments {
  ModelArguments model;
  PromptArguments prompt;
  bool is_json = false, is_plain = false;
};

int tokenize(const TokenizeArguments& arguments) {
  const Model model = load_model(arguments.model);
  const Tokenizer& tokenizer = model.tokenizer();
  const std::vector<int32_t> ids = tokenizer.encode(
      read_prompt(arguments.prompt), {.special_tokens = !arguments.is_plain, .parse_special = !arguments.is_plain});
  Json tokens = Json::array();
  for (const int32_t id : ids) {
    const std::string text = tokenizer.decode({&id, 1});
    tokens.push_back({{"id", id}, {"text", text}});
    if (!arguments.is_json) std::cout << id << '\t' << Json(text).dump() << '\n';
  }
  if (arguments.is_json) std::cout << tokens.dump() << '\n';
  return kDone;
}

}  // namespace

void add_tokenize(Program& program) {
  auto arguments = std::make_shared<TokenizeArguments>();
  CLI::App& command = *program.app.add_subcommand("tokenize", "Show the tokens of a text, one a line");
  add_model_options(command, arguments->model);
  add_prompt_options(command, arguments->prompt);
  command.add_flag("--plain", arguments->is_plain, "no special tokens, neither added nor read from the text");
  command.add_flag("--json", arguments->is_json, "one JSON array");
  command.callback([&program, arguments] { program.action = [arguments] { return tokenize(*arguments); }; });
}

}  // namespace graft::inline v0
