// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/merges.hpp"

namespace graft::inline v0 {
namespace {

constexpr int32_t kUnknown = 2, kControl = 3, kUserDefined = 4;  // token types of the format

// What the names of llama.cpp's pre-tokenizers stand for.
void set_pre_tokenizer(const std::string& name, const std::string& file, PipelineParts& parts, bool& begins_text) {
  const auto is = [&](auto... names) { return ((name == names) || ...); };
  if (is("gpt-2", "phi-2", "roberta-bpe", "jina-en", "mpt", "olmo", "")) {
    parts.steps.push_back({.splitter = gpt2_splitter()});
  } else if (is("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone")) {
    parts.steps.push_back({.splitter = digits_splitter(true)});
    parts.steps.push_back({.splitter = gpt2_splitter()});
  } else if (is("llama-bpe", "llama3", "llama-v3", "smaug-bpe", "dbrx", "falcon3")) {
    parts.steps.push_back({.splitter = cl100k_splitter(3)});
    parts.model.bpe.ignore_merges = is("llama-bpe", "llama3", "llama-v3", "falcon3");
    begins_text = parts.model.bpe.ignore_merges;
  } else if (is("qwen2", "deepseek-r1-qwen", "stablelm2")) {
    parts.steps.push_back({.splitter = cl100k_splitter(1)});
    if (!is("stablelm2")) parts.normalizer = unicode_normalizer(UnicodeForm::nfc);
  } else {
    fail<UnsupportedError>(file, ": tokenizer.ggml.pre ", in_quotes(name), " is not supported yet");
  }
}

int32_t checked_id(std::optional<int32_t> id, const Vocabulary& vocabulary, const char* key, const std::string& file) {
  check<FileError>(id && vocabulary.has(*id), file, ": tokenizer.ggml.", key, " is ", id ? *id : -1,
                   ", expected the id of a token, less than ", vocabulary.size());
  return *id;
}

// The tokens that the file wants around every text.
void set_template(const GgufVocabulary& given, bool begins_text, const std::string& file, PipelineParts& parts) {
  std::vector<TemplateItem> first = {{TemplateItem::first_text}}, second = {{TemplateItem::second_text, 0, 1}};
  if (given.add_bos.value_or(begins_text && given.bos)) {
    const int32_t bos = checked_id(given.bos, parts.vocabulary, "bos_token_id", file);
    first.insert(first.begin(), {TemplateItem::token, bos, 0});
    second.insert(second.begin(), {TemplateItem::token, bos, 1});
  }
  if (given.add_eos.value_or(false)) {
    const int32_t eos = checked_id(given.eos, parts.vocabulary, "eos_token_id", file);
    first.push_back({TemplateItem::token, eos, 0});
    second.push_back({TemplateItem::token, eos, 1});
  }
  parts.post.single = first;
  parts.post.pair = std::move(first);
  parts.post.pair.insert(parts.post.pair.end(), second.begin(), second.end());
}

// Several padding tokens of one text are common; only the first is found by it.
Vocabulary read_tokens(const GgufVocabulary& given, const std::string& file, std::vector<AddedToken>& added) {
  check<FileError>(given.token_types.empty() || given.token_types.size() == given.tokens.size(), file,
                   ": tokenizer.ggml.token_type has ", given.token_types.size(), " entries, expected ",
                   given.tokens.size(), " as in tokenizer.ggml.tokens");
  check<FileError>(!given.tokens.empty(), file, ": tokenizer.ggml.tokens is empty");
  std::vector<Vocabulary::Entry> entries;
  entries.reserve(given.tokens.size());
  for (size_t id = 0; id < given.tokens.size(); ++id) {
    entries.push_back({given.tokens[id], static_cast<int32_t>(id)});
    const int32_t type = given.token_types.empty() ? 0 : given.token_types[id];
    if (type != kControl && type != kUserDefined && type != kUnknown) continue;
    AddedToken token;
    token.id = static_cast<int32_t>(id);
    token.content = given.tokens[id];
    token.special = type != kUserDefined;
    added.push_back(std::move(token));
  }
  return Vocabulary(entries, file + ": tokenizer.ggml.tokens");
}

}  // namespace

PipelineParts read_gguf_vocabulary(const GgufVocabulary& given, const std::string& file) {
  check<UnsupportedError>(given.model == "gpt2", file, ": tokenizer model ", in_quotes(given.model),
                          " (tokenizer.ggml.model) is not supported yet");
  PipelineParts parts;
  parts.byte_level = parts.decode.byte_level = true;
  bool begins_text = false;
  set_pre_tokenizer(given.pre, file, parts, begins_text);
  parts.vocabulary = read_tokens(given, file, parts.added);
  parts.model.merges.reserve(given.merges.size());
  const std::string where = file + ": tokenizer.ggml.merges";
  for (size_t i = 0; i < given.merges.size(); ++i) {
    const auto [left, right] = split_merge(given.merges[i], i, where);
    parts.model.merges.push_back(find_merge(parts.vocabulary, left, right, i, where));
  }
  set_template(given, begins_text, file, parts);
  return parts;
}

}  // namespace graft::inline v0
