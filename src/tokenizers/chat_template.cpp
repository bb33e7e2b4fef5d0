// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/chat_template.hpp"

#include "support/message.hpp"
#include "tokenizers/jinja_evaluator.hpp"
#include "tokenizers/jinja_json.hpp"
#include "tokenizers/jinja_library.hpp"
#include "tokenizers/jinja_parser.hpp"

namespace graft::inline v0 {

struct ChatTemplate::Parsed {
  jinja::Body body;
};

namespace {

void set_input(jinja::Scope& globals, const ChatInput& input) {
  const jinja::Value messages = jinja::from_json(input.messages, "messages");
  check(messages.list() != nullptr, "messages: found ", messages.kind(), ", expected a list");
  globals.set("messages", messages);
  globals.set("tools", input.tools.empty() ? jinja::Value(jinja::None{}) : jinja::from_json(input.tools, "tools"));
  globals.set("documents", jinja::None{});
  globals.set("add_generation_prompt", input.add_generation_prompt);
  if (input.extra.empty()) return;
  const jinja::Value extra = jinja::from_json(input.extra, "extra");
  check(extra.map() != nullptr, "extra: found ", extra.kind(), ", expected a map");
  for (const auto& [name, value] : extra.map()->entries) globals.set(name.text()->bytes(), value);
}

}  // namespace

ChatTemplate::ChatTemplate(std::string_view source, std::vector<std::pair<std::string, std::string>> variables,
                           std::string where)
    : variables_(std::move(variables)), where_(std::move(where)) {
  try {
    parsed_ = std::make_unique<const Parsed>(Parsed{jinja::parse(source)});
  } catch (const UnsupportedError& error) {
    fail<UnsupportedError>(where_, ": chat template: ", error.what());
  } catch (const FileError& error) {
    fail<FileError>(where_, ": chat template: ", error.what());
  }
}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

RenderedChat ChatTemplate::render(const ChatInput& input) const {
  jinja::Scope globals;
  for (const auto& [name, token] : variables_) globals.set(name, jinja::Text(token));
  for (auto& [name, function] : jinja::global_functions(input.now)) globals.set(name, std::move(function));
  set_input(globals, input);
  jinja::Evaluator evaluator(globals, input.messages.size() + input.tools.size() + input.extra.size());
  const auto at = [&] { return message(where_, ": chat template, line ", evaluator.line(), ": "); };
  try {
    const jinja::Text text = evaluator.run(parsed_->body);
    return {text.bytes(), text.foreign_spans()};
  } catch (const ArgumentError& error) {
    fail<ArgumentError>(at(), error.what());
  } catch (const ResourceError& error) {
    fail<ResourceError>(at(), error.what());
  } catch (const UnsupportedError& error) {
    fail<UnsupportedError>(at(), error.what());
  }
}

}  // namespace graft::inline v0
