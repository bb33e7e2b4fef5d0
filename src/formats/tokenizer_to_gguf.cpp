// SPDX-License-Identifier: Apache-2.0
#include "formats/tokenizer_conversion.hpp"
#include "support/message.hpp"
#include "support/published_tokenizers.hpp"

namespace graft::inline v0 {
namespace {

constexpr int64_t kMostTokens = 1 << 24;

// The steps of a pre-tokenizer or normalizer, whether it is a sequence or a single one.
std::vector<Json> steps(const Json& tokenizer, const char* field, const char* list) {
  const Json step = tokenizer.value(field, Json());
  if (!step.is_object()) return {};
  if (step.value("type", "") == "Sequence") return step.value(list, std::vector<Json>());
  return {step};
}

std::string pattern_of(const Json& split) {
  const Json pattern = split.value("pattern", Json::object());
  return pattern.is_object() ? pattern.value("Regex", "") : "";
}

std::string pre_tokenizer_name(const Json& tokenizer) {
  bool has_digits = false, is_byte_level = false;
  std::string pattern;
  for (const Json& step : steps(tokenizer, "pre_tokenizer", "pretokenizers")) {
    const std::string type = step.value("type", "");
    if (type == "Digits") has_digits = true;
    if (type == "ByteLevel") is_byte_level = true;
    if (type == "Split") pattern = pattern_of(step);
  }
  check<UnsupportedError>(is_byte_level, "tokenizer.json: \"pre_tokenizer\" is not byte-level");
  if (pattern == kThreeDigitsPattern) return "llama-bpe";
  if (pattern == kOneDigitPattern) return "qwen2";
  check<UnsupportedError>(pattern.empty(), "tokenizer.json: \"pre_tokenizer\" has a pattern without a name in GGUF");
  return has_digits ? "smollm" : "gpt-2";
}

struct Tokens {
  std::vector<std::string> texts;
  std::vector<int32_t> types;

  void set(int64_t id, std::string text, TokenType type) {
    check<FileError>(id >= 0 && id < kMostTokens, "tokenizer.json: token id ", id, ", expected 0 to ", kMostTokens);
    grow(id + 1);
    texts[size_t(id)] = std::move(text);
    types[size_t(id)] = int32_t(type);
  }
  // Ids without a token get one that no text holds, as other programs write it.
  void grow(int64_t size) {
    for (int64_t id = int64_t(texts.size()); id < size; ++id) {
      texts.push_back(message("[PAD", id, "]"));
      types.push_back(int32_t(TokenType::unused));
    }
  }
};

Tokens collect_tokens(const Json& tokenizer, const JsonObject& model, int64_t vocabulary) {
  Tokens tokens;
  const JsonObject texts = model.object("vocab");
  for (const auto& [text, id] : texts.json().items())
    tokens.set(texts.integer(text, 0, kMostTokens), text, TokenType::normal);
  for (const Json& added : tokenizer.value("added_tokens", Json::array())) {
    const JsonObject token(added, "tokenizer.json: \"added_tokens\"");
    tokens.set(token.integer("id", 0, kMostTokens), token.text("content"),
               token.flag_or("special", false) ? TokenType::control : TokenType::user_defined);
  }
  tokens.grow(vocabulary);
  return tokens;
}

std::vector<std::string> merges_of(const Json& model) {
  std::vector<std::string> merges;
  for (const Json& merge : model.value("merges", Json::array()))
    merges.push_back(merge.is_array() ? merge.at(0).get<std::string>() + " " + merge.at(1).get<std::string>()
                                      : merge.get<std::string>());
  return merges;
}

// "bos_token" is a text, or an object that holds it.
void write_special_ids(const Json& config, const Tokens& tokens, GgufWriter& writer) {
  constexpr std::pair<const char*, const char*> kNames[] = {{"bos_token", "tokenizer.ggml.bos_token_id"},
                                                            {"eos_token", "tokenizer.ggml.eos_token_id"},
                                                            {"unk_token", "tokenizer.ggml.unknown_token_id"},
                                                            {"pad_token", "tokenizer.ggml.padding_token_id"}};
  for (const auto& [field, key] : kNames) {
    const Json token = config.value(field, Json());
    const std::string text = token.is_object()   ? token.value("content", "")
                             : token.is_string() ? token.get<std::string>()
                                                 : "";
    const auto at = std::find(tokens.texts.begin(), tokens.texts.end(), text);
    if (!text.empty() && at != tokens.texts.end()) writer.set(key, uint32_t(at - tokens.texts.begin()));
  }
}

bool begins_with_special(const Json& tokenizer) {
  for (const Json& step : steps(tokenizer, "post_processor", "processors"))
    if (const Json single = step.value("single", Json::array()); !single.empty())
      return single[0].contains("SpecialToken");
  return false;
}

}  // namespace

void write_tokenizer(const PublishedTokenizer& files, int64_t vocabulary, GgufWriter& writer) {
  const JsonObject tokenizer(files.tokenizer, "tokenizer.json");
  const JsonObject model = tokenizer.object("model");
  check<UnsupportedError>(model.text_or("type", "BPE") == "BPE", "tokenizer.json: model ", model.text_or("type", ""),
                          " cannot be written to GGUF yet, expected BPE");
  writer.set("tokenizer.ggml.model", "gpt2");
  writer.set("tokenizer.ggml.pre", pre_tokenizer_name(files.tokenizer));
  const Tokens tokens = collect_tokens(files.tokenizer, model, vocabulary);
  writer.set("tokenizer.ggml.tokens", tokens.texts);
  writer.set("tokenizer.ggml.token_type", tokens.types);
  writer.set("tokenizer.ggml.merges", merges_of(model.json()));
  write_special_ids(files.config, tokens, writer);
  writer.set("tokenizer.ggml.add_bos_token", begins_with_special(files.tokenizer));
  if (const Json chat = files.config.value("chat_template", Json()); chat.is_string())
    writer.set("tokenizer.chat_template", chat.get<std::string>());
}

}  // namespace graft::inline v0
