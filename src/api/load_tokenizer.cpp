// SPDX-License-Identifier: Apache-2.0
#include "api/load_tokenizer.hpp"

#include "tokenizers/loaded_tokenizer.hpp"

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
  vocabulary.add_bos = flag(metadata, "add_bos_token");
  vocabulary.add_eos = flag(metadata, "add_eos_token");
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

Tokenizer load_tokenizer(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  if (!path.empty()) return Tokenizer::load(path.string());
  if (!checkpoint.gguf()) return Tokenizer::load(checkpoint.folder().string());
  const GgufMetadata& metadata = checkpoint.gguf()->metadata();
  return Tokenizer(LoadedTokenizer::from_gguf(vocabulary_of(metadata), templates_of(metadata), checkpoint.name()));
}

}  // namespace graft::v0
