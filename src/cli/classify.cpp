// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/texts.hpp"

namespace graft::inline v0 {
namespace {

struct ClassifyArguments {
  ModelArguments model;
  TextArguments texts;
  TaskOptions options;
};

int classify(ClassifyArguments& arguments) {
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  arguments.options.adapter = adapter ? &*adapter : nullptr;
  const std::vector<std::string> texts = read_texts(arguments.texts);
  const std::vector<std::vector<LabelScore>> results = model.classify(texts, arguments.options);
  for (size_t i = 0; i < texts.size(); ++i) print_labels(arguments.texts, texts[i], results[i]);
  return kDone;
}

Json json_of(const std::string& text, const std::vector<TaggedSpan>& spans) {
  Json list = Json::array();
  for (const TaggedSpan& span : spans)
    list.push_back({{"label", span.label},
                    {"text", span.text},
                    {"begin", span.begin},
                    {"end", span.end},
                    {"probability", span.probability}});
  return {{"text", text}, {"spans", std::move(list)}};
}

int tag(ClassifyArguments& arguments) {
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  arguments.options.adapter = adapter ? &*adapter : nullptr;
  for (const std::string& text : read_texts(arguments.texts)) {
    const std::vector<TaggedSpan> spans = model.tag(text, arguments.options);
    if (arguments.texts.is_json) {
      print_json(json_of(text, spans));
      continue;
    }
    for (size_t i = 0; i < spans.size(); ++i)
      std::cout << (i ? "\t" : "") << spans[i].text << " [" << spans[i].label << ']';
    std::cout << '\n';
  }
  return kDone;
}

CLI::App& add_command(Program& program, const char* name, const char* help, ClassifyArguments& arguments) {
  CLI::App& command = *program.app.add_subcommand(name, help);
  add_model_options(command, arguments.model);
  add_text_options(command, arguments.texts);
  command.add_option("--max-length", arguments.options.max_length, "longer texts are cut; 0: the model's context");
  return command;
}

}  // namespace

void add_classify(Program& program) {
  auto arguments = std::make_shared<ClassifyArguments>();
  CLI::App& command = add_command(program, "classify", "Label texts, the likeliest label first", *arguments);
  command.add_option("--second", arguments->options.second, "the second text of each pair");
  command.footer("Example: graft classify -m sentiment \"Shares fell after the profit warning.\"");
  command.callback([&program, arguments] { program.action = [arguments] { return classify(*arguments); }; });
}

void add_tag(Program& program) {
  auto arguments = std::make_shared<ClassifyArguments>();
  CLI::App& command = add_command(program, "tag", "Find the labelled parts of texts: names, places …", *arguments);
  command.footer("Example: graft tag -m names --json \"Anna lives in Rome.\"");
  command.callback([&program, arguments] { program.action = [arguments] { return tag(*arguments); }; });
}

}  // namespace graft::inline v0
