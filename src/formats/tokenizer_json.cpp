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

void refuse_other_kinds(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const char* other : {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.txt", "vocab.json"})
    check<UnsupportedError>(!std::filesystem::exists(folder / other, ignored), (folder / other).string(),
                            ": this kind of tokenizer is not supported yet, expected tokenizer.json");
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
  const std::filesystem::path file = is_folder ? folder / "tokenizer.json" : path;
  if (is_folder && !std::filesystem::exists(file, ignored)) refuse_other_kinds(folder);
  TokenizerFiles files;
  files.name = file.string();
  files.tokenizer = read_json(file);
  files.config = read_if_there(folder / "tokenizer_config.json");
  files.special_tokens = read_if_there(folder / "special_tokens_map.json");
  read_chat_template(folder, files);
  return files;
}

}  // namespace graft::inline v0
