// SPDX-License-Identifier: Apache-2.0
#include "cli/tokenizer_files.hpp"

#include <limits>

#include "tokenizers/load.hpp"

namespace graft::inline v0 {

std::unique_ptr<Pipeline> load_tokenizer(const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  const std::string prefix = "tokenizer.ggml.";
  const auto id = [&](const char* key) -> std::optional<int32_t> {
    if (!metadata.has(prefix + key)) return std::nullopt;
    return int32_t(metadata.integer(prefix + key, 0, std::numeric_limits<int32_t>::max()));
  };
  const auto flag = [&](const char* key) -> std::optional<bool> {
    if (!metadata.has(prefix + key)) return std::nullopt;
    return metadata.flag_or(prefix + key, false);
  };
  GgufVocabulary vocabulary = {.model = std::string(metadata.text(prefix + "model")),
                               .pre = std::string(metadata.text_or(prefix + "pre", "")),
                               .tokens = metadata.texts(prefix + "tokens"),
                               .merges = {},
                               .token_types = {},
                               .bos = id("bos_token_id"),
                               .eos = id("eos_token_id"),
                               .padding = id("padding_token_id"),
                               .unknown = id("unknown_token_id"),
                               .add_bos = flag("add_bos_token"),
                               .add_eos = flag("add_eos_token")};
  if (metadata.has(prefix + "merges")) vocabulary.merges = metadata.texts(prefix + "merges");
  if (metadata.has(prefix + "token_type"))
    for (const int64_t type : metadata.integers(prefix + "token_type")) vocabulary.token_types.push_back(int32_t(type));
  return std::make_unique<Pipeline>(read_gguf_vocabulary(vocabulary, file.name()));
}

std::unique_ptr<Pipeline> load_tokenizer(const std::filesystem::path& tokenizer_json) {
  return std::make_unique<Pipeline>(read_tokenizer_json(read_json(tokenizer_json), tokenizer_json.string()));
}

}  // namespace graft::inline v0
