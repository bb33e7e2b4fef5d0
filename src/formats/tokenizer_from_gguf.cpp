// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "formats/tokenizer_conversion.hpp"
#include "formats/tokenizer_patterns.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

const std::string kPrefix = "tokenizer.ggml.";

Json byte_level(bool splits) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", splits}};
}

Json sequence(const Json& first, const Json& second) {
  return {{"type", "Sequence"}, {"pretokenizers", {first, second}}};
}

Json split(std::string_view pattern) {
  return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
}

Json pre_tokenizer(std::string_view name) {
  if (name == "gpt-2" || name.empty()) return byte_level(true);
  if (name == "smollm") return sequence({{"type", "Digits"}, {"individual_digits", true}}, byte_level(true));
  if (name == "llama-bpe") return sequence(split(kThreeDigitsPattern), byte_level(false));
  if (name == "qwen2") return sequence(split(kOneDigitPattern), byte_level(false));
  fail<UnsupportedError>("tokenizer.ggml.pre ", in_quotes(name), " cannot be written as a tokenizer.json yet");
}

Json added_token(size_t id, std::string_view text, bool is_special) {
  return {{"id", id},        {"content", text},     {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", is_special}};
}

std::vector<int64_t> token_types(const GgufMetadata& metadata, size_t count) {
  if (!metadata.has(kPrefix + "token_type")) return std::vector<int64_t>(count, int64_t(GgufTokenType::normal));
  std::vector<int64_t> types = metadata.integers(kPrefix + "token_type");
  if (types.size() != count) metadata.refuse(kPrefix + "token_type", message(count, " as in tokenizer.ggml.tokens"));
  return types;
}

void add_tokens(const GgufMetadata& metadata, Json& tokenizer) {
  const std::vector<std::string_view> tokens = metadata.texts(kPrefix + "tokens");
  const std::vector<int64_t> types = token_types(metadata, tokens.size());
  Json &vocabulary = tokenizer["model"]["vocab"] = Json::object(), &added = tokenizer["added_tokens"] = Json::array();
  for (size_t id = 0; id < tokens.size(); ++id) {
    const auto type = GgufTokenType(types[id]);
    if (type == GgufTokenType::unused) continue;
    vocabulary[std::string(tokens[id])] = id;
    if (type != GgufTokenType::normal)
      added.push_back(added_token(id, tokens[id], type != GgufTokenType::user_defined));
  }
}

// The token of "bos_token_id" and the like; empty when the file names none.
std::string special_token(const GgufMetadata& metadata, const std::string& key) {
  if (!metadata.has(kPrefix + key)) return "";
  const std::vector<std::string_view> tokens = metadata.texts(kPrefix + "tokens");
  return std::string(tokens[size_t(metadata.integer(kPrefix + key, 0, int64_t(tokens.size()) - 1))]);
}

Json template_with_first(const std::string& token, int64_t id) {
  const Json first = {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
  const auto text = [](const char* name, int type) { return Json{{"Sequence", {{"id", name}, {"type_id", type}}}}; };
  return {{"type", "TemplateProcessing"},
          {"single", {first, text("A", 0)}},
          {"pair", {first, text("A", 0), text("B", 1)}},
          {"special_tokens", {{token, {{"id", token}, {"ids", {id}}, {"tokens", {token}}}}}}};
}

Json config_of(const GgufMetadata& metadata) {
  Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
  constexpr std::pair<const char*, const char*> kNames[] = {{"bos_token", "bos_token_id"},
                                                            {"eos_token", "eos_token_id"},
                                                            {"unk_token", "unknown_token_id"},
                                                            {"pad_token", "padding_token_id"}};
  for (const auto& [field, key] : kNames)
    if (const std::string token = special_token(metadata, key); !token.empty()) config[field] = token;
  if (metadata.has("tokenizer.chat_template")) config["chat_template"] = metadata.text("tokenizer.chat_template");
  return config;
}

}  // namespace

PublishedTokenizer tokenizer_files(const GgufMetadata& metadata) {
  const std::string_view model = metadata.text(kPrefix + "model"), pre = metadata.text_or(kPrefix + "pre", "");
  check<UnsupportedError>(model == "gpt2", "tokenizer.ggml.model ", in_quotes(model),
                          " cannot be written as a tokenizer.json yet, expected gpt2");
  Json tokenizer = {{"version", "1.0"},
                    {"truncation", nullptr},
                    {"padding", nullptr},
                    {"normalizer", nullptr},
                    {"decoder", byte_level(true)},
                    {"post_processor", byte_level(true)},
                    {"pre_tokenizer", pre_tokenizer(pre)}};
  if (pre == "qwen2") tokenizer["normalizer"] = {{"type", "NFC"}};
  tokenizer["model"] = {{"type", "BPE"},
                        {"dropout", nullptr},
                        {"unk_token", nullptr},
                        {"fuse_unk", false},
                        {"byte_fallback", false},
                        {"ignore_merges", pre == "llama-bpe"},
                        {"continuing_subword_prefix", nullptr},
                        {"end_of_word_suffix", nullptr}};
  add_tokens(metadata, tokenizer);
  tokenizer["model"]["merges"] = metadata.texts(kPrefix + "merges");
  const bool adds_first = metadata.flag_or(kPrefix + "add_bos_token", pre == "llama-bpe");
  if (const std::string first = special_token(metadata, "bos_token_id"); adds_first && !first.empty())
    tokenizer["post_processor"] =
        template_with_first(first, metadata.integer(kPrefix + "bos_token_id", 0, std::numeric_limits<int32_t>::max()));
  return {std::move(tokenizer), config_of(metadata)};
}

}  // namespace graft::inline v0
