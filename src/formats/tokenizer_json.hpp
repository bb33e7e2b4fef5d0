// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "support/json.hpp"

namespace graft::inline v0 {

// What a checkpoint says of its tokenizer, file by file; of a file that is absent the value is null.
struct TokenizerFiles {
  std::string name;                // of tokenizer.json, for messages
  Json tokenizer;                  // tokenizer.json
  Json config;                     // tokenizer_config.json
  Json special_tokens;             // special_tokens_map.json
  std::string chat_template;       // chat_template.jinja, or the template in chat_template.json
  std::string chat_template_name;  // of that file
};

// Reads the files of a folder, or of the folder of a tokenizer.json. FileError: there is no tokenizer.json, or a file
// is damaged; UnsupportedError: the folder has a tokenizer of another kind only.
TokenizerFiles read_tokenizer_files(const std::filesystem::path& path);

}  // namespace graft::inline v0
