// SPDX-License-Identifier: Apache-2.0
#include "formats/tokenizer_json.hpp"

#include "support/mapped_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

Json read_if_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? read_json(path) : Json();
}

// The file of a folder that says most.
std::filesystem::path find_tokenizer(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const char* name :
       {"tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.txt", "vocab.json"})
    if (std::filesystem::exists(folder / name, ignored)) return folder / name;
  return folder / "tokenizer.json";
}

void read_chat_template(const std::filesystem::path& folder, TokenizerFiles& files) {
  std::error_code ignored;
  const std::filesystem::path plain = folder / "chat_template.jinja", wrapped = folder / "chat_template.json";
  if (std::filesystem::exists(plain, ignored)) {
    files.chat_template = MappedFile::open(plain).text();
    files.chat_template_name = plain.string();
  } else if (const Json json = read_if_there(wrapped); !json.is_null()) {
    files.chat_template = JsonObject(json, wrapped.string()).text("chat_template");
    files.chat_template_name = wrapped.string();
  }
}

}  // namespace

TokenizerFiles read_tokenizer_files(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path folder = is_folder ? path : path.parent_path();
  const std::filesystem::path file = is_folder ? find_tokenizer(folder) : path;
  TokenizerFiles files;
  files.name = file.string();
  if (file.extension() == ".model") {
    files.sentencepiece = MappedFile::open(file);
  } else if (file.extension() == ".txt") {
    files.words = MappedFile::open(file);
  } else if (file.filename() == "vocab.json") {
    files.vocabulary = read_json(file);
    files.merges = MappedFile::open(folder / "merges.txt");
  } else {
    files.tokenizer = read_json(file);
  }
  files.added = read_if_there(folder / "added_tokens.json");
  files.config = read_if_there(folder / "tokenizer_config.json");
  files.special_tokens = read_if_there(folder / "special_tokens_map.json");
  read_chat_template(folder, files);
  return files;
}

}  // namespace graft::inline v0
