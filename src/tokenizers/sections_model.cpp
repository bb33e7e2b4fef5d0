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

void check_kind(const JsonObject& section, const std::string& where) {
  const std::string type = section.text_or("type", section.has("merges") ? "BPE" : "without a type");
  check<UnsupportedError>(type == "BPE", where, ": tokenizer model ", type, " is not supported yet");
  const Json* dropout = section.find("dropout");
  const bool drops = dropout && *dropout != 0;
  for (const auto& [name, used] :
       {std::pair("byte_fallback", section.flag_or("byte_fallback", false)),
        std::pair("continuing_subword_prefix", !section.text_or("continuing_subword_prefix", "").empty()),
        std::pair("end_of_word_suffix", !section.text_or("end_of_word_suffix", "").empty()),
        std::pair("dropout", drops)})
    check<UnsupportedError>(!used, where, ": tokenizer model BPE with ", name, " is not supported yet");
}

std::optional<int32_t> as_id(const Json& json) {
  if (!json.is_number_unsigned() || json.get<uint64_t>() > INT32_MAX) return std::nullopt;
  return json.get<int32_t>();
}

Vocabulary read_vocabulary(const JsonObject& section, const std::string& where, std::vector<AddedToken>& added) {
  const Json& vocab = section.object("vocab").json();
  std::vector<Vocabulary::Entry> entries;
  entries.reserve(vocab.size() + added.size());
  for (auto entry = vocab.begin(); entry != vocab.end(); ++entry) {
    const std::optional<int32_t> id = as_id(entry.value());
    if (!id)
      fail<FileError>(where, ".vocab: token ", in_quotes(entry.key()), " has id ", in_quotes(entry.value().dump()),
                      ", expected a whole number");
    entries.push_back({entry.key(), *id});
  }
  for (AddedToken& token : added) {
    // A token that the model knows has the model's id.
    if (const auto known = vocab.find(token.content); known != vocab.end()) {
      token.id = *as_id(*known);
    } else {
      entries.push_back({token.content, token.id});
    }
  }
  return Vocabulary(entries, where + ".vocab");
}

// "left right", or ["left", "right"] in newer files.
std::pair<std::string, std::string> read_merge(const Json& merge, size_t place, const std::string& where) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  check<FileError>(merge.is_string(), where, ".merges[", place, "]: found ", merge.type_name(),
                   ", expected two tokens");
  return split_merge(merge.get_ref<const std::string&>(), place, where + ".merges");
}

}  // namespace

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
  check_kind(section, where);
  parts.vocabulary = read_vocabulary(section, where, parts.added);
  parts.bpe.ignore_merges = section.flag_or("ignore_merges", false);
  parts.bpe.fuse_unknown = section.flag_or("fuse_unk", false);
  if (const std::string unknown = section.text_or("unk_token", ""); !unknown.empty()) {
    parts.bpe.unknown = parts.vocabulary.id(unknown);
    if (!parts.bpe.unknown) section.refuse("unk_token", "a token of the vocabulary");
  }
  const Json& merges = list(section, "merges");
  parts.merges.reserve(merges.size());
  for (const Json& merge : merges) {
    const size_t place = parts.merges.size();
    const auto [left, right] = read_merge(merge, place, where);
    parts.merges.push_back(find_merge(parts.vocabulary, left, right, place, where + ".merges"));
  }
}

}  // namespace graft::inline v0
