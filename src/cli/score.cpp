// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/texts.hpp"
#include "graft/few_shot.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct ScoreArguments {
  ModelArguments model;
  TextArguments texts;
  std::vector<std::string> choices;
  std::string examples;
  FewShotOptions few_shot = {.form = "", .content_free = {}};
};

void score(const ScoreArguments& arguments, const Model& model, const Adapter* adapter) {
  const std::vector<std::string>& nothing = arguments.few_shot.content_free;
  ScoreOptions options{.adapter = adapter};
  if (!nothing.empty()) options.prior = model.prior(nothing, arguments.choices, adapter);
  for (const std::string& text : read_texts(arguments.texts)) {
    const std::vector<Scored> scored = model.score(text, arguments.choices, options);
    Json list = Json::array();
    for (size_t i = 0; i < scored.size(); ++i) {
      const auto [log_likelihood, tokens, probability] = scored[i];
      list.push_back({{"text", arguments.choices[i]},
                      {"log_likelihood", log_likelihood},
                      {"tokens", tokens},
                      {"probability", probability}});
      if (!arguments.texts.is_json)
        std::cout << (i ? "\t" : "") << arguments.choices[i] << ' ' << log_likelihood << " (" << tokens << ')';
    }
    if (arguments.texts.is_json)
      print_json({{"prompt", text}, {"choices", std::move(list)}});
    else
      std::cout << '\n';
  }
}

void classify(ScoreArguments& arguments, const Model& model, const Adapter* adapter) {
  if (!arguments.examples.empty()) arguments.few_shot.examples = Dataset::labelled(arguments.examples);
  arguments.few_shot.adapter = adapter;
  const FewShotClassifier classifier(model, arguments.choices, arguments.few_shot);
  for (const std::string& text : read_texts(arguments.texts))
    print_labels(arguments.texts, text, classifier.classify(text));
}

int run(ScoreArguments& arguments) {
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  const bool is_classifier = !arguments.few_shot.form.empty();
  check(is_classifier || arguments.examples.empty(), "--examples: found no --form, expected how an example is written");
  (is_classifier ? classify(arguments, model, adapter ? &*adapter : nullptr)
                 : score(arguments, model, adapter ? &*adapter : nullptr));
  return kDone;
}

}  // namespace

void add_score(Program& program) {
  auto arguments = std::make_shared<ScoreArguments>();
  CLI::App& command = *program.app.add_subcommand("score", "Print how likely given continuations of a prompt are");
  add_model_options(command, arguments->model);
  add_text_options(command, arguments->texts);
  command.add_option("-c,--choice", arguments->choices, "a continuation, or a label; to be repeated")
      ->required()
      ->allow_extra_args(false);
  command.add_option("--form", arguments->few_shot.form,
                     "classify the texts: how one is written with its label, \"{text} It was {label}\"");
  command.add_option("--instruction", arguments->few_shot.instruction, "begins the prompt of a form");
  command.add_option("--examples", arguments->examples,
                     "JSONL with text and label, which go before the text in a form");
  command
      .add_option("--content-free", arguments->few_shot.content_free,
                  "a prompt, or with a form a text, that says nothing, to calibrate by; to be repeated")
      ->allow_extra_args(false);
  command.footer(
      "Natural logarithms, with the number of tokens; with a form, the labels and their probabilities.\n"
      "Example: graft score -m model.gguf -c \" good\" -c \" bad\" \"Review: I loved it. It was\"\n"
      "         graft score -m model.gguf -c praise -c blame --examples reviews.jsonl --content-free N/A \\\n"
      "           --form \"{text} // {label}\" \"The kettle broke.\"");
  command.callback([&program, arguments] { program.action = [arguments] { return run(*arguments); }; });
}

}  // namespace graft::inline v0
