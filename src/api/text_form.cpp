// SPDX-License-Identifier: Apache-2.0
#include "api/text_form.hpp"

#include "support/atomic_file.hpp"
#include "support/fingerprint.hpp"
#include "support/json.hpp"
#include "support/message.hpp"
#include "tokenizers/loaded_tokenizer.hpp"

namespace graft::inline v0 {
namespace {

Json text_form(const Tokenizer& tokenizer) {
  Fingerprint vocabulary, chat;
  for (int32_t id = 0; id < tokenizer.vocabulary_size(); ++id) vocabulary.add(tokenizer.token(id));
  chat.add(tokenizer.loaded().files().config.value("chat_template", Json()).dump());
  return {{"tokenizer", hash_text(vocabulary.hash())}, {"chat_template", hash_text(chat.hash())}};
}

}  // namespace

void save_text_form(const Tokenizer& tokenizer, const std::filesystem::path& folder) {
  write_file(folder / "graft.json", text_form(tokenizer).dump(2) + "\n");
}

void check_text_form(const Tokenizer& tokenizer, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "graft.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  const Json json = read_json(path), own = text_form(tokenizer);
  const JsonObject stored(json, path.string());
  for (const char* field : {"tokenizer", "chat_template"}) {
    const std::string found = stored.text_or(field, ""), expected = own[field].get<std::string>();
    check<FileError>(found.empty() || found == expected, path.string(), ": \"", field, "\" is ", found, ", expected ",
                     expected,
                     ", the model's: the adapter was tuned with another one. "
                     "AdapterLoadOptions::other_texts takes it all the same, and so does leaving out this file");
  }
}

}  // namespace graft::inline v0
