// SPDX-License-Identifier: Apache-2.0
#include "models/gguf_vocabulary.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kPrefix = "tokenizer.ggml.";
constexpr std::string_view kTemplate = "tokenizer.chat_template";

std::string key(std::string_view name) { return std::string(kPrefix) + std::string(name); }

std::optional<int32_t> token_id(const GgufMetadata& metadata, std::string_view name) {
  const std::string field = key(name);
  if (!metadata.has(field)) return std::nullopt;
  return int32_t(metadata.integer(field, 0, INT32_MAX));
}

std::optional<bool> flag(const GgufMetadata& metadata, std::string_view name) {
  const std::string field = key(name);
  if (!metadata.has(field)) return std::nullopt;
  return metadata.flag_or(field, false);
}

GgufVocabulary vocabulary_of(const GgufMetadata& metadata) {
  GgufVocabulary vocabulary;
  vocabulary.model = metadata.text(key("model"));
  vocabulary.pre = metadata.text_or(key("pre"), "");
  vocabulary.tokens = metadata.texts(key("tokens"));
  if (metadata.has(key("merges"))) vocabulary.merges = metadata.texts(key("merges"));
  if (metadata.has(key("token_type")))
    for (const int64_t type : metadata.integers(key("token_type"))) vocabulary.token_types.push_back(int32_t(type));
  vocabulary.bos = token_id(metadata, "bos_token_id");
  vocabulary.eos = token_id(metadata, "eos_token_id");
  vocabulary.padding = token_id(metadata, "padding_token_id");
  vocabulary.unknown = token_id(metadata, "unknown_token_id");
  vocabulary.separator = token_id(metadata, "seperator_token_id");  // the format's own spelling
  vocabulary.add_bos = flag(metadata, "add_bos_token");
  vocabulary.add_eos = flag(metadata, "add_eos_token");
  vocabulary.add_space_prefix = flag(metadata, "add_space_prefix");
  vocabulary.remove_extra_whitespaces = flag(metadata, "remove_extra_whitespaces");
  if (metadata.has(key("scores"))) vocabulary.scores = metadata.numbers(key("scores"));
  if (metadata.has(key("precompiled_charsmap")))
    for (const int64_t byte : metadata.integers(key("precompiled_charsmap"))) vocabulary.charsmap += char(byte);
  return vocabulary;
}

// "tokenizer.chat_template" is the usual one, "tokenizer.chat_template.NAME" another.
std::map<std::string, std::string> templates_of(const GgufMetadata& metadata) {
  std::map<std::string, std::string> templates;
  for (const GgufMetadata::Entry& entry : metadata.entries()) {
    if (!entry.key.starts_with(kTemplate) || entry.value.type != GgufType::text) continue;
    const std::string_view name = entry.key.substr(kTemplate.size());
    templates[name.empty() ? "default" : std::string(name.substr(1))] = metadata.text(entry.key);
  }
  return templates;
}

}  // namespace

void check_vocabulary(const GgufFile& file) {
  const GgufValue* tokens = file.metadata().find("tokenizer.ggml.tokens");
  if (!tokens) return;
  for (const char* key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"})
    if (const GgufValue* list = file.metadata().find(key))
      check<FileError>(list->count == tokens->count, file.name(), ": ", key, " has ", list->count,
                       " entries, expected ", tokens->count, " as in tokenizer.ggml.tokens");
}

std::unique_ptr<const LoadedTokenizer> load_gguf_tokenizer(const GgufFile& file) {
  const GgufMetadata& metadata = file.metadata();
  return LoadedTokenizer::from_gguf(vocabulary_of(metadata), templates_of(metadata), file.name());
}

}  // namespace graft::inline v0
