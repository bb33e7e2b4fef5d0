// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/train_presets.hpp"

#include <algorithm>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"
#include "tokenizers/model_parts.hpp"
#include "tokenizers/section_writers.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kMostTokens = 1 << 24;

using Names = std::vector<std::pair<const char*, const char*>>;  // "pad_token", "[PAD]"

bool marks_spaces(TokenizerKind kind) {
  return kind == TokenizerKind::unigram || kind == TokenizerKind::sentencepiece_bpe;
}

void check_options(const TokenizerTrainOptions& options) {
  check(options.vocabulary > 0 && options.vocabulary <= kMostTokens, "train: vocabulary is ", options.vocabulary,
        ", expected 1 to ", kMostTokens);
  check(options.min_count > 0, "train: min_count is ", options.min_count, ", expected at least 1");
  check(options.character_coverage > 0 && options.character_coverage <= 1, "train: character_coverage is ",
        options.character_coverage, ", expected more than 0 and at most 1");
  check(options.max_token_length >= 0, "train: max_token_length is ", options.max_token_length, ", expected 0 or more");
  check(options.threads > 0, "train: threads is ", options.threads, ", expected at least 1");
}

// In the order of their ids.
Names own_tokens(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::byte_level_bpe:
      return {{"eos_token", "<|endoftext|>"}};
    case TokenizerKind::word_piece:
      return {{"pad_token", "[PAD]"},
              {"unk_token", "[UNK]"},
              {"cls_token", "[CLS]"},
              {"sep_token", "[SEP]"},
              {"mask_token", "[MASK]"}};
    case TokenizerKind::unigram:
      return {{"pad_token", "<pad>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}};
    case TokenizerKind::sentencepiece_bpe:
      return {{"unk_token", "<unk>"}, {"bos_token", "<s>"}, {"eos_token", "</s>"}};
  }
  fail<ArgumentError>("train: kind is ", static_cast<int>(kind), ", expected a TokenizerKind");
}

void add_special_tokens(const TokenizerTrainOptions& options, TrainPreset& preset) {
  const auto add = [&](const std::string& token) {
    check(!token.empty() && is_valid_utf8(token), "train: special token ", in_quotes(token), ", expected UTF-8 text");
    check(std::find(preset.special_tokens.begin(), preset.special_tokens.end(), token) == preset.special_tokens.end(),
          "train: special token ", in_quotes(token), " is there twice");
    preset.special_tokens.push_back(token);
  };
  for (const auto& [name, token] : own_tokens(options.kind)) {
    add(token);
    preset.config[name] = token;
    if (std::string_view(name) == "unk_token") preset.unknown = token;
  }
  for (const std::string& token : options.special_tokens) add(token);
}

Json bert_normalizer_section(bool uncased) {
  return {{"type", "BertNormalizer"},
          {"clean_text", true},
          {"handle_chinese_chars", true},
          {"strip_accents", nullptr},
          {"lowercase", uncased}};
}

std::vector<Json> nfkc_steps(TokenizerKind kind) {
  const Json nfkc = {{"type", "NFKC"}};
  if (!marks_spaces(kind)) return {nfkc};
  return {{{"type", "Nmt"}},
          nfkc,
          replace_section({{"Regex", " {2,}"}}, " "),
          {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}}};
}

TextNormalization usual_normalization(TokenizerKind kind) {
  if (kind == TokenizerKind::byte_level_bpe) return TextNormalization::none;
  return kind == TokenizerKind::word_piece ? TextNormalization::bert_uncased : TextNormalization::nfkc;
}

Json normalizer(const TokenizerTrainOptions& options) {
  TextNormalization wanted = options.normalization;
  if (wanted == TextNormalization::automatic) wanted = usual_normalization(options.kind);
  if (wanted == TextNormalization::none) return nullptr;
  if (wanted == TextNormalization::nfkc) return normalizer_section(nfkc_steps(options.kind));
  return bert_normalizer_section(wanted == TextNormalization::bert_uncased);
}

Json pre_tokenizer(TokenizerKind kind) {
  if (kind == TokenizerKind::byte_level_bpe) return byte_level_section(true);
  if (kind == TokenizerKind::word_piece) return {{"type", "BertPreTokenizer"}};
  return {{"type", "Metaspace"}, {"replacement", kSpaceMark}, {"prepend_scheme", "always"}, {"split", true}};
}

Json decoder(TokenizerKind kind) {
  if (kind == TokenizerKind::byte_level_bpe) return byte_level_section(true);
  if (kind == TokenizerKind::word_piece) return {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  return space_mark_decoder(true);
}

}  // namespace

TrainPreset train_preset(const TokenizerTrainOptions& options) {
  check_options(options);
  TrainPreset preset;
  preset.config = {{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}};
  add_special_tokens(options, preset);
  if (options.kind == TokenizerKind::byte_level_bpe)
    for (const char* name : {"bos_token", "unk_token"}) preset.config[name] = preset.config["eos_token"];
  if (options.kind == TokenizerKind::word_piece)
    preset.config["model_input_names"] = {"input_ids", "token_type_ids", "attention_mask"};
  preset.sections = sections_of(normalizer(options), pre_tokenizer(options.kind), nullptr, decoder(options.kind));
  for (const std::string& token : preset.special_tokens) {
    Json& added = preset.sections["added_tokens"];
    added.push_back(added_token_section(static_cast<int32_t>(added.size()), token, true));
  }
  return preset;
}

Json train_post_processor(TokenizerKind kind, const Vocabulary& vocabulary) {
  const auto id = [&](const char* token) { return *vocabulary.id(token); };
  switch (kind) {
    case TokenizerKind::word_piece:
      return template_section({.before = {id("[CLS]")}, .after = {id("[SEP]")}, .repeats_before = false}, vocabulary);
    case TokenizerKind::unigram:
      return template_section({.before = {}, .after = {id("</s>")}}, vocabulary);
    case TokenizerKind::sentencepiece_bpe:
      return template_section({.before = {id("<s>")}, .after = {}}, vocabulary);
    case TokenizerKind::byte_level_bpe:
      break;
  }
  return byte_level_section(true);
}

}  // namespace graft::inline v0
