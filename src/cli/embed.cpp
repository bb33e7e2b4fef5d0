// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <map>

#include "cli/arguments.hpp"
#include "cli/choice.hpp"
#include "cli/command.hpp"
#include "cli/texts.hpp"

namespace graft::inline v0 {
namespace {

struct EmbedArguments {
  ModelArguments model;
  TextArguments texts;
  EmbedOptions options;
  std::string query;
  bool is_raw = false;
};

int rank(const EmbedArguments& arguments, const Model& model, const std::vector<std::string>& texts) {
  const std::vector<float> scores = model.rerank(
      arguments.query, texts, {.max_length = arguments.options.max_length, .adapter = arguments.options.adapter});
  std::vector<size_t> order(texts.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  for (const size_t i : order) {
    if (arguments.texts.is_json)
      print_json({{"text", texts[i]}, {"score", scores[i]}});
    else
      std::cout << scores[i] << '\t' << texts[i] << '\n';
  }
  return kDone;
}

int embed(EmbedArguments& arguments) {
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  arguments.options.adapter = adapter ? &*adapter : nullptr;
  arguments.options.normalized = !arguments.is_raw;
  const std::vector<std::string> texts = read_texts(arguments.texts);
  if (!arguments.query.empty()) return rank(arguments, model, texts);
  const std::vector<std::vector<float>> vectors = model.embed(texts, arguments.options);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (arguments.texts.is_json) {
      print_json({{"text", texts[i]}, {"embedding", vectors[i]}});
      continue;
    }
    for (size_t k = 0; k < vectors[i].size(); ++k) std::cout << (k ? " " : "") << vectors[i][k];
    std::cout << '\n';
  }
  return kDone;
}

}  // namespace

void add_embed(Program& program) {
  auto arguments = std::make_shared<EmbedArguments>();
  CLI::App& command = *program.app.add_subcommand("embed", "Print a vector for each text, or rank texts for a query");
  add_model_options(command, arguments->model);
  add_text_options(command, arguments->texts);
  static const std::map<std::string, Pooling> kPoolings = {
      {"automatic", Pooling::automatic}, {"mean", Pooling::mean}, {"first", Pooling::first}, {"last", Pooling::last}};
  add_choice(command, "--pooling", arguments->options.pooling, kPoolings, "automatic, mean, first or last token");
  command.add_flag("--raw", arguments->is_raw, "not brought to length 1");
  command.add_option("--max-length", arguments->options.max_length, "longer texts are cut; 0: the model's context");
  command.add_option("--query", arguments->query, "print the texts by how well they fit this instead, the best first");
  command.footer("Example: graft embed -m all-MiniLM-L6-v2 --query \"opening hours\" -f paragraphs.txt");
  command.callback([&program, arguments] { program.action = [arguments] { return embed(*arguments); }; });
}

}  // namespace graft::inline v0
