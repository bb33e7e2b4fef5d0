// SPDX-License-Identifier: Apache-2.0
//
// added_tokens and model: which tokens there are.
#include <utility>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/merges.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

void check_bpe(const JsonObject& section, const std::string& where) {
  const Json* dropout = section.find("dropout");
  const bool drops = dropout && *dropout != 0;
  for (const auto& [name, used] :
       {std::pair("continuing_subword_prefix", !section.text_or("continuing_subword_prefix", "").empty()),
        std::pair("end_of_word_suffix", !section.text_or("end_of_word_suffix", "").empty()),
        std::pair("dropout", drops)})
    check<UnsupportedError>(!used, where, ": tokenizer model BPE with ", name, " is not supported yet");
}

using Entries = std::vector<Vocabulary::Entry>;

// A token that the model knows has the model's id; `id_of` finds it.
template <class Find>
Vocabulary join(Entries entries, std::vector<AddedToken>& added, Find id_of, const std::string& where) {
  for (AddedToken& token : added) {
    if (const std::optional<int32_t> known = id_of(token.content)) {
      token.id = *known;
    } else {
      token.in_model = false;
      entries.push_back({token.content, token.id});
    }
  }
  return Vocabulary(entries, where + ".vocab");
}

// {"token": id}
Vocabulary read_vocabulary(const JsonObject& section, const std::string& where, std::vector<AddedToken>& added) {
  const Json& vocab = section.object("vocab").json();
  Entries entries;
  entries.reserve(vocab.size() + added.size());
  for (const auto& [token, json] : vocab.items()) {
    const std::optional<int32_t> id = as_id(json);
    if (!id)
      fail<FileError>(where, ".vocab: token ", in_quotes(token), " has id ", in_quotes(json.dump()),
                      ", expected a whole number");
    entries.push_back({token, *id});
  }
  const auto id_of = [&](const std::string& text) {
    const Json* known = vocab.find(text);
    return known ? as_id(*known) : std::nullopt;
  };
  return join(std::move(entries), added, id_of, where);
}

// [["token", score]], numbered in order
Vocabulary read_scores(const JsonObject& section, const std::string& where, std::vector<AddedToken>& added,
                       std::vector<double>& scores) {
  Entries entries;
  for (const Json& entry : list(section, "vocab")) {
    const bool is_sound = entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number();
    if (!is_sound) fail<FileError>(where, ".vocab[", scores.size(), "]: expected a token and its score");
    entries.push_back({entry[0].text(), static_cast<int32_t>(scores.size())});
    scores.push_back(entry[1].get<double>());
  }
  const Vocabulary known(entries, where + ".vocab");
  return join(
      std::move(entries), added, [&](const std::string& text) { return known.id(text); }, where);
}

// "left right", or ["left", "right"] in newer files.
std::pair<std::string, std::string> read_merge(const Json& merge, size_t place, const std::string& where) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  check<FileError>(merge.is_string(), where, ".merges[", place, "]: found ", merge.type_name(),
                   ", expected two tokens");
  return split_merge(merge.text(), place, where + ".merges");
}

std::optional<int32_t> unknown_token(const JsonObject& section, const Vocabulary& vocabulary) {
  const std::string text = section.text_or("unk_token", "");
  if (text.empty()) return std::nullopt;
  const std::optional<int32_t> id = vocabulary.id(text);
  if (!id) section.refuse("unk_token", "a token of the vocabulary");
  return id;
}

void read_bpe(const JsonObject& section, const std::string& where, PipelineParts& parts) {
  check_bpe(section, where);
  parts.vocabulary = read_vocabulary(section, where, parts.added);
  BpeOptions& options = parts.model.bpe;
  options.characters = !parts.byte_level;
  options.ignore_merges = section.flag_or("ignore_merges", false);
  options.unknown = unknown_token(section, parts.vocabulary);
  options.fuse_unknown = section.flag_or("fuse_unk", false);
  if (section.flag_or("byte_fallback", false)) options.fallback = find_byte_tokens(parts.vocabulary);
  const Json& merges = list(section, "merges");
  parts.model.merges.reserve(merges.size());
  for (const Json& merge : merges) {
    const size_t place = parts.model.merges.size();
    const auto [left, right] = read_merge(merge, place, where);
    parts.model.merges.push_back(find_merge(parts.vocabulary, left, right, place, where + ".merges"));
  }
}

void read_word_piece(const JsonObject& section, const std::string& where, PipelineParts& parts) {
  parts.vocabulary = read_vocabulary(section, where, parts.added);
  parts.model.kind = ModelParts::Kind::word_piece;
  const std::optional<int32_t> unknown = unknown_token(section, parts.vocabulary);
  check<FileError>(unknown.has_value(), where, ": \"unk_token\" is missing");
  parts.model.word_piece = {
      .unknown = *unknown,
      .prefix = section.text_or("continuing_subword_prefix", "##"),
      .longest_word = static_cast<size_t>(section.integer_or("max_input_chars_per_word", 100, 0, INT32_MAX))};
}

void read_unigram(const JsonObject& section, const std::string& where, PipelineParts& parts) {
  parts.model.kind = ModelParts::Kind::unigram;
  UnigramOptions& options = parts.model.unigram;
  parts.vocabulary = read_scores(section, where, parts.added, options.scores);
  const auto last = static_cast<int64_t>(options.scores.size()) - 1;
  if (section.has("unk_id")) options.unknown = static_cast<int32_t>(section.integer("unk_id", 0, last));
  if (section.flag_or("byte_fallback", false)) options.fallback = find_byte_tokens(parts.vocabulary);
}

}  // namespace

std::optional<int32_t> as_id(const Json& json) {
  const bool is_sound = json.is_number_unsigned() && json.get<uint64_t>() <= INT32_MAX;
  return is_sound ? std::optional(json.get<int32_t>()) : std::nullopt;
}

std::vector<AddedToken> read_added_tokens(const Json& json, const std::string& where) {
  std::vector<AddedToken> tokens;
  if (json.is_null()) return tokens;
  check<FileError>(json.is_array(), where, ": found ", json.type_name(), ", expected an array");
  for (const Json& entry : json) {
    const JsonObject section(entry, where + "[" + std::to_string(tokens.size()) + "]");
    AddedToken token;
    token.id = static_cast<int32_t>(section.integer("id", 0, INT32_MAX));
    token.content = section.text("content");
    token.special = section.flag_or("special", false);
    token.normalized = section.flag_or("normalized", !token.special);
    token.single_word = section.flag_or("single_word", false);
    token.lstrip = section.flag_or("lstrip", false);
    token.rstrip = section.flag_or("rstrip", false);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

void read_model(const Json& json, const std::string& where, PipelineParts& parts) {
  const JsonObject section(json, where);
  const std::string type = section.text_or("type", section.has("merges") ? "BPE" : "without a type");
  if (type == "BPE") return read_bpe(section, where, parts);
  if (type == "WordPiece") return read_word_piece(section, where, parts);
  check<UnsupportedError>(type == "Unigram", where, ": tokenizer model ", type, " is not supported yet");
  read_unigram(section, where, parts);
}

}  // namespace graft::inline v0
