// SPDX-License-Identifier: Apache-2.0
//
// added_tokens and model: which tokens there are.
#include <utility>

#include "tokenizers/json_fields.hpp"
#include "tokenizers/merges.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

void check_kind(const Json& section, const std::string& where) {
  const auto type = read_or(section, "type", std::string(member(section, "merges").is_null() ? "unknown" : "BPE"), where);
  check<UnsupportedError>(type == "BPE", where, ": tokenizer model ", type, " is not supported yet");
  check<UnsupportedError>(!read_or(section, "byte_fallback", false, where), where,
                          ": tokenizer model BPE with byte_fallback is not supported yet");
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    check<UnsupportedError>(read_or(section, affix, std::string(), where).empty(), where, ": tokenizer model BPE with ",
                            affix, " is not supported yet");
  const Json& dropout = member(section, "dropout");
  check<UnsupportedError>(dropout.is_null() || dropout == 0, where, ": tokenizer model BPE with dropout ",
                          dropout.dump(), " is not supported yet");
}

Vocabulary read_vocabulary(const Json& section, const std::string& where, std::vector<AddedToken>& added) {
  const Json& vocab = member(section, "vocab");
  check<FileError>(vocab.is_object(), where, ".vocab: found ", vocab.type_name(), ", expected an object");
  std::vector<Vocabulary::Entry> entries;
  entries.reserve(vocab.size() + added.size());
  for (const auto& [text, id] : vocab.items()) {
    const auto number = as<int32_t>(id);
    check<FileError>(number.has_value(), where, ".vocab: token '", text, "' has id ", id.dump().substr(0, 80),
                     ", expected a whole number");
    entries.push_back({vocab.find(text).key(), *number});
  }
  for (AddedToken& token : added) {
    // A token that the model knows has the model's id.
    if (const auto known = vocab.find(token.content); known != vocab.end()) {
      token.id = *as<int32_t>(*known);
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
  check<FileError>(merge.is_string(), where, ".merges[", place, "]: found ", merge.dump().substr(0, 80),
                   ", expected two tokens");
  return split_merge(merge.get_ref<const std::string&>(), place, where + ".merges");
}

}  // namespace

std::vector<AddedToken> read_added_tokens(const Json& section, const std::string& where) {
  std::vector<AddedToken> tokens;
  if (section.is_null()) return tokens;
  check<FileError>(section.is_array(), where, ": found ", section.type_name(), ", expected an array");
  for (const Json& entry : section) {
    const std::string here = where + "[" + std::to_string(tokens.size()) + "]";
    AddedToken token;
    token.id = read<int32_t>(entry, "id", here);
    token.content = read<std::string>(entry, "content", here);
    token.special = read_or(entry, "special", false, here);
    token.normalized = read_or(entry, "normalized", !token.special, here);
    token.single_word = read_or(entry, "single_word", false, here);
    token.lstrip = read_or(entry, "lstrip", false, here);
    token.rstrip = read_or(entry, "rstrip", false, here);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

void read_model(const Json& section, const std::string& where, PipelineParts& parts) {
  check<FileError>(section.is_object(), where, ": found ", section.type_name(), ", expected an object");
  check_kind(section, where);
  parts.vocabulary = read_vocabulary(section, where, parts.added);
  parts.bpe.ignore_merges = read_or(section, "ignore_merges", false, where);
  parts.bpe.fuse_unknown = read_or(section, "fuse_unk", false, where);
  if (const auto unknown = read_or(section, "unk_token", std::string(), where); !unknown.empty()) {
    parts.bpe.unknown = parts.vocabulary.id(unknown);
    check<FileError>(parts.bpe.unknown.has_value(), where, ".unk_token: '", unknown, "' is not in the vocabulary");
  }
  const Json& merges = read_array(section, "merges", where);
  parts.merges.reserve(merges.size());
  for (const Json& merge : merges) {
    const size_t place = parts.merges.size();
    const auto [left, right] = read_merge(merge, place, where);
    parts.merges.push_back(find_merge(parts.vocabulary, left, right, place, where + ".merges"));
  }
}

}  // namespace graft::v0
