// SPDX-License-Identifier: Apache-2.0
//
// A chat template: conversations and the texts that it makes of them, or its refusal.
#include "cli/verify_kinds.hpp"
#include "support/mapped_file.hpp"
#include "support/message.hpp"
#include "tokenizers/chat_template.hpp"

namespace graft::inline v0 {
namespace {

// The order of members shows in the text.
using Ordered = nlohmann::ordered_json;

ChatInput read_input(const Ordered& chat, const std::string& now) {
  const auto text = [&](const char* field) { return chat.contains(field) ? chat[field].dump() : std::string(); };
  return {.messages = text("messages"),
          .tools = text("tools"),
          .extra = text("extra"),
          .add_generation_prompt = chat.value("add_generation_prompt", false),
          .now = now};
}

bool agrees(const ChatTemplate& chat_template, const Ordered& chat, const std::string& now) {
  try {
    const std::string text = chat_template.render(read_input(chat, now)).text;
    return chat.contains("expected") && text == chat["expected"].get<std::string>();
  } catch (const Error&) {
    if (chat.contains("expected")) throw;
    return true;
  }
}

}  // namespace

void verify_chat(const std::filesystem::path& file, const VerifyContext&, Comparison& comparison) {
  const MappedFile mapped = MappedFile::open(file);
  const Ordered json = Ordered::parse(mapped.text());
  std::vector<std::pair<std::string, std::string>> variables;
  const Ordered tokens = json.value("special_tokens", Ordered::object());
  for (const auto& [name, token] : tokens.items())
    if (token.is_string()) variables.emplace_back(name, token.get<std::string>());
  const ChatTemplate chat_template(json.at("template").get<std::string>(), std::move(variables), file.string());
  const Ordered& cases = json.at("cases");
  for (size_t i = 0; i < cases.size(); ++i)
    comparison.claim(message("case ", i), agrees(chat_template, cases[i], json.value("now", "")));
}

}  // namespace graft::inline v0
