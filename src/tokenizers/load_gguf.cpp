// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/gguf_pre_tokenizers.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/merges.hpp"
#include "tokenizers/section_writers.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kTokensKey = ": tokenizer.ggml.tokens";

TokenType type_of(const GgufVocabulary& given, size_t id) {
  return given.token_types.empty() ? TokenType::normal : static_cast<TokenType>(given.token_types[id]);
}

void check_lists(const GgufVocabulary& given, const std::string& file) {
  const auto check_size = [&](const char* key, size_t size) {
    check<FileError>(size == given.tokens.size(), file, ": tokenizer.ggml.", key, " has ", size, " entries, expected ",
                     given.tokens.size(), " as in tokenizer.ggml.tokens");
  };
  check<FileError>(!given.tokens.empty(), file, ": tokenizer.ggml.tokens is empty");
  if (!given.token_types.empty()) check_size("token_type", given.token_types.size());
  if (given.model == "llama" || given.model == "t5") check_size("scores", given.scores.size());
}

int32_t checked_id(std::optional<int32_t> id, const Vocabulary& vocabulary, const char* key, const std::string& file) {
  check<FileError>(id && vocabulary.has(*id), file, ": tokenizer.ggml.", key, " is ", id ? *id : -1,
                   ", expected the id of a token, less than ", vocabulary.size());
  return *id;
}

// The tokens that the file wants around every text.
void set_template(const GgufVocabulary& given, bool adds_bos, bool adds_eos, const std::string& file,
                  PipelineParts& parts) {
  Frame frame;
  if (given.add_bos.value_or(adds_bos && given.bos))
    frame.before.push_back(checked_id(given.bos, parts.vocabulary, "bos_token_id", file));
  if (given.add_eos.value_or(adds_eos && given.eos))
    frame.after.push_back(checked_id(given.eos, parts.vocabulary, "eos_token_id", file));
  if (frame.before.empty() && frame.after.empty()) return;
  parts.sections["post_processor"] = template_section(frame, parts.vocabulary);
  parts.post = read_post_processor(parts.sections["post_processor"], file);
}

// Tokens that stand for no ordinary text are found before the model sees it.
Json added_tokens(const GgufVocabulary& given) {
  Json added = Json::array();
  for (size_t id = 0; id < given.tokens.size(); ++id)
    if (const TokenType type = type_of(given, id);
        type == TokenType::control || type == TokenType::user_defined || type == TokenType::unknown)
      added.push_back(added_token_section(static_cast<int32_t>(id), given.tokens[id], type != TokenType::user_defined));
  return added;
}

PipelineParts read_byte_level(const GgufVocabulary& given, const std::string& file) {
  const GgufPreTokenizer named = gguf_pre_tokenizer(given.pre, file);
  Json sections =
      sections_of(named.normalizer, named.pre_tokenizer, byte_level_section(true), byte_level_section(true));
  sections["added_tokens"] = added_tokens(given);
  PipelineParts parts = read_sections(std::move(sections), file);
  parts.model.bpe.ignore_merges = named.ignores_merges;
  parts.vocabulary = Vocabulary::numbered(given.tokens, file + kTokensKey);
  parts.model.merges.reserve(given.merges.size());
  const std::string where = file + ": tokenizer.ggml.merges";
  for (size_t i = 0; i < given.merges.size(); ++i) {
    const auto [left, right] = split_merge(given.merges[i], i, where);
    parts.model.merges.push_back(find_merge(parts.vocabulary, left, right, i, where));
  }
  set_template(given, named.begins_text, false, file, parts);
  return parts;
}

// Symbols of the user have their spaces as such in these files.
std::vector<std::string> with_space_marks(const GgufVocabulary& given) {
  std::vector<std::string> tokens(given.tokens.begin(), given.tokens.end());
  for (size_t id = 0; id < tokens.size(); ++id)
    for (size_t at = tokens[id].find(' '); type_of(given, id) == TokenType::user_defined && at != std::string::npos;
         at = tokens[id].find(' '))
      tokens[id].replace(at, 1, kSpaceMark);
  return tokens;
}

PipelineParts read_sentencepiece(const GgufVocabulary& given, const std::string& file) {
  const std::vector<std::string> tokens = with_space_marks(given);
  const bool is_unigram = given.model == "t5";
  ScoredVocabulary scored{.is_unigram = is_unigram,
                          .tokens = {tokens.begin(), tokens.end()},
                          .scores = given.scores,
                          .types = {},
                          .charsmap = given.charsmap,
                          .adds_prefix = given.add_space_prefix.value_or(true),
                          .removes_extra_spaces = given.remove_extra_whitespaces.value_or(false)};
  for (size_t id = 0; id < given.tokens.size(); ++id) scored.types.push_back(type_of(given, id));
  PipelineParts parts = read_scored_vocabulary(scored, file);
  set_template(given, !is_unigram, is_unigram, file, parts);
  return parts;
}

// The files write "▁word" for the beginning of a word and "rest" for what continues it.
std::vector<std::string> word_pieces(const GgufVocabulary& given) {
  const std::string_view mark = kSpaceMark;
  std::vector<std::string> tokens;
  for (size_t id = 0; id < given.tokens.size(); ++id) {
    const std::string text(given.tokens[id]);
    const bool is_special = type_of(given, id) != TokenType::normal || (text.starts_with('[') && text.ends_with(']'));
    tokens.push_back(is_special ? text : text.starts_with(mark) ? text.substr(mark.size()) : "##" + text);
  }
  return tokens;
}

PipelineParts read_word_piece(const GgufVocabulary& given, const std::string& file) {
  const std::vector<std::string> tokens = word_pieces(given);
  // Nothing says whether case counts, but a vocabulary without capitals has no use for them.
  const bool lowercase = std::none_of(tokens.begin(), tokens.end(), [](const std::string& token) {
    return !token.empty() && token[0] >= 'A' && token[0] <= 'Z';
  });
  Json sections = sections_of({{"type", "BertNormalizer"},
                               {"clean_text", true},
                               {"handle_chinese_chars", true},
                               {"strip_accents", nullptr},
                               {"lowercase", lowercase}},
                              {{"type", "BertPreTokenizer"}}, nullptr,
                              {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}});
  sections["added_tokens"] = added_tokens(given);
  PipelineParts parts = read_sections(std::move(sections), file);
  parts.vocabulary = Vocabulary::numbered({tokens.begin(), tokens.end()}, file + kTokensKey);
  const auto named = [&](std::optional<int32_t> id, const char* text, const char* key) {
    return checked_id(id ? id : parts.vocabulary.id(text), parts.vocabulary, key, file);
  };
  parts.model.kind = ModelParts::Kind::word_piece;
  parts.model.word_piece.unknown = named(given.unknown, "[UNK]", "unknown_token_id");
  const Frame frame{.before = {named(given.bos, "[CLS]", "bos_token_id")},
                    .after = {named(given.separator, "[SEP]", "seperator_token_id")},
                    .repeats_before = false};
  parts.sections["post_processor"] = template_section(frame, parts.vocabulary);
  parts.post = read_post_processor(parts.sections["post_processor"], file);
  return parts;
}

}  // namespace

PipelineParts read_gguf_vocabulary(const GgufVocabulary& given, const std::string& file) {
  check_lists(given, file);
  if (given.model == "gpt2") return read_byte_level(given, file);
  if (given.model == "llama" || given.model == "t5") return read_sentencepiece(given, file);
  check<UnsupportedError>(given.model == "bert", file, ": tokenizer model ", in_quotes(given.model),
                          " (tokenizer.ggml.model) is not supported yet");
  return read_word_piece(given, file);
}

}  // namespace graft::inline v0
