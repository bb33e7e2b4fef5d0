// SPDX-License-Identifier: Apache-2.0
//
// A chat template: conversations and the texts that it makes of them, or its refusal.
#include "cli/verify_kinds.hpp"
#include "support/json.hpp"
#include "support/mapped_file.hpp"
#include "support/message.hpp"
#include "tokenizers/chat_template.hpp"
#include "tokenizers/jinja_json.hpp"

namespace graft::inline v0 {
namespace {

// A conversation, also with its members in the order of the file, which shows in the text.
struct Chat {
  const Json& json;
  const jinja::Value& ordered;
};

ChatInput read_input(const Chat& chat, const std::string& now) {
  return {.messages = field_text(chat.ordered, "messages"),
          .tools = field_text(chat.ordered, "tools"),
          .extra = field_text(chat.ordered, "extra"),
          .add_generation_prompt = chat.json.value("add_generation_prompt", false),
          .now = now};
}

bool agrees(const ChatTemplate& chat_template, const Chat& chat, const std::string& now) {
  try {
    const std::string text = chat_template.render(read_input(chat, now)).text;
    return chat.json.contains("expected") && chat.json["expected"] == text;
  } catch (const Error&) {
    if (chat.json.contains("expected")) throw;
    return true;
  }
}

}  // namespace

void verify_chat(const std::filesystem::path& file, const VerifyContext&, Comparison& comparison) {
  const MappedFile mapped = MappedFile::open(file);
  const Json json = parse_json(mapped.text(), mapped.name());
  std::vector<std::pair<std::string, std::string>> variables;
  const Json tokens = json.value("special_tokens", Json::object());
  for (const auto& [name, token] : tokens.items())
    if (token.is_string()) variables.emplace_back(name, token.text());
  const ChatTemplate chat_template(json.at("template").text(), std::move(variables), file.string());
  const jinja::Value ordered = jinja::from_json(mapped.text(), mapped.name());
  const std::vector<jinja::Value>& cases = ordered.map()->find("cases")->list()->items;
  for (size_t i = 0; i < cases.size(); ++i)
    comparison.claim(message("case ", i), agrees(chat_template, {json["cases"][i], cases[i]}, json.value("now", "")));
}

}  // namespace graft::inline v0
