// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "support/json.hpp"
#include "support/mapped_file.hpp"

namespace graft::inline v0 {

// What a checkpoint says of its tokenizer, file by file; of a file that is absent the value is null. Of the first four
// one is there.
struct TokenizerFiles {
  std::string name;                         // of that file, for messages
  Json tokenizer;                           // tokenizer.json
  std::optional<MappedFile> sentencepiece;  // tokenizer.model, spiece.model …
  std::optional<MappedFile> words;          // vocab.txt
  Json vocabulary;                          // vocab.json
  std::optional<MappedFile> merges;         // merges.txt, beside vocab.json
  Json added;                               // added_tokens.json
  Json config;                              // tokenizer_config.json
  Json special_tokens;                      // special_tokens_map.json
  std::string chat_template;                // chat_template.jinja, or the template in chat_template.json
  std::string chat_template_name;           // of that file
};

// Reads the files of a folder, or one file and what stands beside it. Of several kinds tokenizer.json comes first.
// FileError: there is none, or a file is damaged.
TokenizerFiles read_tokenizer_files(const std::filesystem::path& path);

}  // namespace graft::inline v0
