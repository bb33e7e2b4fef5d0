// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/loaded_tokenizer.hpp"

#include <utility>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

// "<s>", or {"content": "<s>", …}; empty when the files name none.
std::string token_text(const Json& files, const std::string& name, const std::string& file) {
  if (!files.is_object() || !files.contains(name) || files[name].is_null()) return {};
  const Json& token = files[name];
  if (token.is_object()) return JsonObject(token, file + ": " + name).text("content");
  return JsonObject(files, file).text(name);
}

Variables special_texts(const Json& config, const Json& special_tokens, const std::string& file) {
  Variables texts;
  for (const char* name :
       {"bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token"}) {
    std::string text = token_text(config, name, file + " (tokenizer_config.json)");
    if (text.empty()) text = token_text(special_tokens, name, file + " (special_tokens_map.json)");
    if (!text.empty()) texts.emplace_back(name, std::move(text));
  }
  return texts;
}

const std::string& text_of(const Variables& texts, const std::string& name) {
  static const std::string none;
  for (const auto& [known, text] : texts)
    if (known == name) return text;
  return none;
}

// A config may ask for tokens that the file's own template leaves out.
void add_frame(const Json& config, const Variables& texts, const std::string& file, PipelineParts& parts) {
  if (!config.is_object() || parts.post.added_tokens(false) > 0) return;
  const JsonObject wanted(config, file + " (tokenizer_config.json)");
  const auto item = [&](const char* flag, const char* token) -> std::optional<TemplateItem> {
    if (!wanted.flag_or(flag, false) || text_of(texts, token).empty()) return std::nullopt;
    const auto id = parts.vocabulary.id(text_of(texts, token));
    if (!id) wanted.refuse(token, "a token of the vocabulary");
    return TemplateItem{TemplateItem::token, *id, 0};
  };
  const auto bos = item("add_bos_token", "bos_token"), eos = item("add_eos_token", "eos_token");
  std::vector<TemplateItem> pair;
  for (TemplateItem text : parts.post.pair) {
    if (bos) pair.push_back({TemplateItem::token, bos->id, text.type_id});
    pair.push_back(text);
    if (eos) pair.push_back({TemplateItem::token, eos->id, text.type_id});
  }
  parts.post.pair = std::move(pair);
  if (bos) parts.post.single.insert(parts.post.single.begin(), *bos);
  if (eos) parts.post.single.push_back(*eos);
}

// A text, or a list of {"name", "template"}.
std::map<std::string, std::string> config_templates(const Json& config, const std::string& file) {
  std::map<std::string, std::string> templates;
  if (!config.is_object() || !config.contains("chat_template") || config["chat_template"].is_null()) return templates;
  const Json& given = config["chat_template"];
  const std::string where = file + " (tokenizer_config.json)";
  if (!given.is_array()) return {{"default", JsonObject(config, where).text("chat_template")}};
  for (const Json& entry : given) {
    const JsonObject named(entry, where + ": chat_template");
    templates.emplace(named.text("name"), named.text("template"));
  }
  return templates;
}

Json plain_config() {
  return {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
}

}  // namespace

std::unique_ptr<const LoadedTokenizer> LoadedTokenizer::from_json(const Json& tokenizer, const std::string& file,
                                                                  const Json& config, const Json& special_tokens,
                                                                  std::string_view chat_template) {
  return from_parts(read_tokenizer_json(tokenizer, file), file, config, special_tokens, chat_template);
}

std::unique_ptr<const LoadedTokenizer> LoadedTokenizer::from_parts(PipelineParts parts, const std::string& file,
                                                                   const Json& config, const Json& special_tokens,
                                                                   std::string_view chat_template) {
  const Variables texts = special_texts(config, special_tokens, file);
  add_frame(config, texts, file, parts);
  std::unique_ptr<LoadedTokenizer> made(new LoadedTokenizer(std::move(parts), file));
  made->special_ = {made->id(text_of(texts, "bos_token")), made->id(text_of(texts, "eos_token")),
                    made->id(text_of(texts, "pad_token")), made->id(text_of(texts, "unk_token"))};
  if (!made->special_.unknown) made->special_.unknown = made->pipeline_.unknown();
  std::map<std::string, std::string> templates = config_templates(config, file);
  if (!chat_template.empty()) templates["default"] = chat_template;
  for (const auto& [name, source] : templates) made->add_template(name, source, texts);
  made->config_ = config.is_object() ? config : plain_config();
  for (const auto& [name, text] : texts) made->config_[name] = text;
  if (!chat_template.empty()) made->config_["chat_template"] = chat_template;
  return made;
}

std::unique_ptr<const LoadedTokenizer> LoadedTokenizer::from_gguf(const GgufVocabulary& vocabulary,
                                                                  const std::map<std::string, std::string>& templates,
                                                                  const std::string& file) {
  std::unique_ptr<LoadedTokenizer> made(new LoadedTokenizer(read_gguf_vocabulary(vocabulary, file), file));
  made->special_ = {vocabulary.bos, vocabulary.eos, vocabulary.padding, vocabulary.unknown};
  Variables texts;
  const auto name_token = [&](const char* name, std::optional<int32_t> id) {
    if (id && made->pipeline_.vocabulary().has(*id)) texts.emplace_back(name, made->pipeline_.vocabulary().text(*id));
  };
  name_token("bos_token", vocabulary.bos);
  name_token("eos_token", vocabulary.eos);
  name_token("pad_token", vocabulary.padding);
  name_token("unk_token", vocabulary.unknown);
  for (const auto& [name, source] : templates) made->add_template(name, source, texts);
  made->config_ = plain_config();
  for (const auto& [name, text] : texts) made->config_[name] = text;
  if (const auto usual = templates.find("default"); usual != templates.end())
    made->config_["chat_template"] = usual->second;
  return made;
}

void LoadedTokenizer::add_template(const std::string& name, std::string_view source, const Variables& variables) {
  Template made;
  try {
    made.parsed.emplace(source, variables, file_);
  } catch (const Error& error) {
    made.error = error.what();
  }
  templates_.emplace(name, std::move(made));
}

std::optional<int32_t> LoadedTokenizer::id(const std::string& token) const {
  return token.empty() ? std::nullopt : pipeline_.vocabulary().id(token);
}

RenderedChat LoadedTokenizer::render(const ChatInput& input) const {
  auto chosen = input.tools.empty() ? templates_.end() : templates_.find("tool_use");
  if (chosen == templates_.end()) chosen = templates_.find("default");
  check(chosen != templates_.end(), file_,
        ": the tokenizer has no chat template; expected chat_template in "
        "tokenizer_config.json, a file chat_template.jinja, or tokenizer.chat_template in a GGUF file");
  check(chosen->second.parsed.has_value(), chosen->second.error);
  return chosen->second.parsed->render(input);
}

std::vector<int32_t> LoadedTokenizer::encode(const ChatInput& input) const {
  const RenderedChat chat = render(input);
  PipelineOptions options;
  options.special_tokens = false;
  options.foreign = chat.foreign;
  return pipeline_.encode(chat.text, options);
}

}  // namespace graft::inline v0
