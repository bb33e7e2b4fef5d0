// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/vocabulary_files.hpp"

#include <map>
#include <optional>

#include "support/message.hpp"
#include "support/published_tokenizers.hpp"
#include "support/utf8.hpp"
#include "tokenizers/section_writers.hpp"

namespace graft::inline v0 {
namespace {

// Calls take(line) for every line, without its end.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// A special token: "<s>" or {"content": "<s>"} of either file, else `usual`.
std::string special_text(const VocabularyFiles& beside, const char* name, const char* usual) {
  for (const Json* file : {&beside.config, &beside.special}) {
    if (!file->is_object() || !file->contains(name)) continue;
    const Json& token = (*file)[name];
    if (token.is_string()) return token.get<std::string>();
    if (token.is_object()) return JsonObject(token, beside.name).text("content");
  }
  return usual;
}

bool setting(const VocabularyFiles& beside, const char* name, bool usual) {
  return beside.config.is_object() ? JsonObject(beside.config, beside.name).flag_or(name, usual) : usual;
}

class Builder {
 public:
  Builder(const Json& vocabulary, const VocabularyFiles& beside) : vocabulary_(vocabulary), beside_(beside) {
    if (beside.added.is_object())
      for (const auto& [text, id] : beside.added.items())
        add(static_cast<int32_t>(JsonObject(beside.added, beside.name).integer(text, 0, INT32_MAX)), text, false);
    if (beside.config.is_object() && beside.config.contains("added_tokens_decoder")) {
      const JsonObject tokens = JsonObject(beside.config, beside.name).object("added_tokens_decoder");
      for (const auto& [id, ignored] : tokens.json().items()) add_described(tokens, id);
    }
  }

  // The id of a special token, which is added as one.
  std::optional<int32_t> special(const char* name, const char* usual) {
    const std::string text = special_text(beside_, name, usual);
    for (auto& [id, section] : added_)
      if (section["content"] == text) {
        section["special"] = true;
        return id;
      }
    if (text.empty() || !vocabulary_.contains(text)) return std::nullopt;
    const auto id = static_cast<int32_t>(JsonObject(vocabulary_, beside_.name).integer(text, 0, INT32_MAX));
    add(id, text, true);
    return id;
  }
  int32_t required(const char* name, const char* usual) {
    const std::optional<int32_t> id = special(name, usual);
    check<FileError>(id.has_value(), beside_.name, ": ", name, " is not in the vocabulary, expected ",
                     special_text(beside_, name, usual));
    return *id;
  }

  Json added() const {
    Json all = Json::array();
    for (const auto& [id, section] : added_) all.push_back(section);
    return all;
  }

 private:
  void add(int32_t id, const std::string& text, bool is_special) {
    added_[id] = added_token_section(id, text, is_special);
  }
  void add_described(const JsonObject& tokens, const std::string& number) {
    int64_t id = 0;
    for (const char c : number) id = c >= '0' && c <= '9' && id < INT32_MAX ? id * 10 + (c - '0') : INT64_C(1) << 40;
    if (number.empty() || id > INT32_MAX) tokens.refuse(number, "the id of a token as its name");
    Json section = tokens.object(number).json();
    section["id"] = id;
    added_[static_cast<int32_t>(id)] = section;
  }

  const Json& vocabulary_;
  const VocabularyFiles& beside_;
  std::map<int32_t, Json> added_;
};

std::string class_of(const VocabularyFiles& beside) {
  return beside.config.is_object() ? JsonObject(beside.config, beside.name).text_or("tokenizer_class", "") : "";
}

// RoBERTa and its descendants, which frame texts with <s> and </s>.
bool is_roberta(const Json& vocabulary, const VocabularyFiles& beside) {
  const std::string name = class_of(beside);
  if (name.empty()) return vocabulary.contains("<s>") && vocabulary.contains("</s>") && vocabulary.contains("<mask>");
  for (const char* family : {"Roberta", "Bart", "Longformer", "LED", "MPNet", "Mvp"})
    if (name.starts_with(family)) return true;
  return false;
}

Json roberta_section(int32_t cls, int32_t sep, bool prefixed, const VocabularyFiles& beside) {
  return {{"type", "RobertaProcessing"},
          {"sep", {special_text(beside, "sep_token", "</s>"), sep}},
          {"cls", {special_text(beside, "cls_token", "<s>"), cls}},
          {"trim_offsets", true},
          {"add_prefix_space", prefixed}};
}

Json byte_level_steps(const VocabularyFiles& beside, bool prefixed) {
  Json bytes = byte_level_section(true);
  bytes["add_prefix_space"] = prefixed;
  if (!class_of(beside).starts_with("Qwen2")) return bytes;
  bytes["use_regex"] = false;
  return pre_tokenizer_section(
      {{{"type", "Split"}, {"pattern", {{"Regex", kOneDigitPattern}}}, {"behavior", "Isolated"}, {"invert", false}},
       bytes});
}

}  // namespace

Json word_piece_tokenizer(std::string_view words, const VocabularyFiles& beside) {
  check<FileError>(is_valid_utf8(words), beside.name, ": is no UTF-8 text");
  Json vocabulary = Json::object();
  int32_t count = 0;
  for_each_line(words, [&](std::string_view word) { vocabulary[std::string(word)] = count++; });
  Builder tokens(vocabulary, beside);
  tokens.special("pad_token", "[PAD]");
  tokens.special("mask_token", "[MASK]");
  tokens.required("unk_token", "[UNK]");
  const int32_t cls = tokens.required("cls_token", "[CLS]"), sep = tokens.required("sep_token", "[SEP]");
  Json strips = nullptr;
  if (beside.config.is_object() && beside.config.contains("strip_accents")) strips = beside.config["strip_accents"];
  const Json normalizer = {{"type", "BertNormalizer"},
                           {"clean_text", true},
                           {"handle_chinese_chars", setting(beside, "tokenize_chinese_chars", true)},
                           {"strip_accents", strips},
                           {"lowercase", setting(beside, "do_lower_case", true)}};
  const Json processor = {{"type", "BertProcessing"},
                          {"sep", {special_text(beside, "sep_token", "[SEP]"), sep}},
                          {"cls", {special_text(beside, "cls_token", "[CLS]"), cls}}};
  Json tokenizer = sections_of(normalizer, {{"type", "BertPreTokenizer"}}, processor,
                               {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}});
  tokenizer["added_tokens"] = tokens.added();
  tokenizer["model"] = {{"type", "WordPiece"},
                        {"unk_token", special_text(beside, "unk_token", "[UNK]")},
                        {"continuing_subword_prefix", "##"},
                        {"max_input_chars_per_word", 100},
                        {"vocab", std::move(vocabulary)}};
  return tokenizer;
}

Json byte_level_tokenizer(const Json& vocabulary, std::string_view merges, const VocabularyFiles& beside) {
  check<FileError>(vocabulary.is_object(), beside.name, ": found ", vocabulary.type_name(), ", expected an object");
  check<FileError>(is_valid_utf8(merges), beside.name, ": merges.txt is no UTF-8 text");
  Json lines = Json::array();
  for_each_line(merges, [&](std::string_view line) {
    if (!line.empty() && !(lines.empty() && line.starts_with("#version"))) lines.push_back(line);
  });
  check<UnsupportedError>(!vocabulary.contains("a</w>"), beside.name,
                          ": words that end with </w> are not supported yet");
  Builder tokens(vocabulary, beside);
  const bool roberta = is_roberta(vocabulary, beside), prefixed = setting(beside, "add_prefix_space", false);
  for (const auto& [name, usual] : {std::pair("bos_token", roberta ? "<s>" : "<|endoftext|>"),
                                    std::pair("eos_token", roberta ? "</s>" : "<|endoftext|>"),
                                    std::pair("pad_token", "<pad>"), std::pair("unk_token", "<unk>")})
    tokens.special(name, usual);
  Json processor = byte_level_section(true);
  if (roberta)
    processor =
        roberta_section(tokens.required("cls_token", "<s>"), tokens.required("sep_token", "</s>"), prefixed, beside);
  Json added = tokens.added();
  if (roberta && tokens.special("mask_token", "<mask>")) {
    added = tokens.added();
    for (Json& token : added)
      if (token["content"] == special_text(beside, "mask_token", "<mask>")) token["lstrip"] = true;
  }
  const bool qwen = class_of(beside).starts_with("Qwen2");
  Json tokenizer = sections_of(qwen ? Json{{"type", "NFC"}} : Json(), byte_level_steps(beside, prefixed), processor,
                               byte_level_section(true));
  tokenizer["added_tokens"] = std::move(added);
  tokenizer["model"] = {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", std::move(lines)}};
  return tokenizer;
}

}  // namespace graft::inline v0
