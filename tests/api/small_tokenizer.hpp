// SPDX-License-Identifier: Apache-2.0
//
// Tokenizers of whole words for the models of tests/golden/models, which have none.
#pragma once

#include <string>
#include <vector>

#include "graft/tokenizer.hpp"
#include "support/goldens.hpp"
#include "support/json.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace graft {

struct SmallTokenizer {
  std::vector<std::string> specials = {}, words = {};  // the ids count both, specials first
  std::string before = {}, between = {}, after = {};   // special tokens around a text, or around two
  std::string end = {};                                // the end token
};

inline Json template_of(const SmallTokenizer& of, bool is_pair) {
  Json parts = Json::array();
  const auto special = [&](const std::string& token, int type) {
    if (!token.empty()) parts.push_back({{"SpecialToken", {{"id", token}, {"type_id", type}}}});
  };
  special(of.before, 0);
  parts.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (is_pair) {
    special(of.between, 0);
    parts.push_back({{"Sequence", {{"id", "B"}, {"type_id", 1}}}});
  }
  special(of.after, is_pair);
  return parts;
}

// Writes it into the folder, and returns that.
inline std::filesystem::path write_tokenizer(const std::filesystem::path& folder, const SmallTokenizer& of) {
  Json vocabulary = Json::object(), added = Json::array(), known = Json::object();
  for (const std::string& token : of.specials) {
    const size_t id = vocabulary.size();
    vocabulary[token] = id;
    added.push_back({{"id", id},
                     {"content", token},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
    known[token] = {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
  }
  for (const std::string& word : of.words) vocabulary.set(word, vocabulary.size());
  const std::string unknown = of.specials.empty() ? of.words[0] : of.specials[0];
  const Json json = {{"version", "1.0"},
                     {"truncation", nullptr},
                     {"padding", nullptr},
                     {"added_tokens", added},
                     {"normalizer", nullptr},
                     {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                     {"post_processor",
                      {{"type", "TemplateProcessing"},
                       {"single", template_of(of, false)},
                       {"pair", template_of(of, true)},
                       {"special_tokens", known}}},
                     {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", false}}},
                     {"model",
                      {{"type", "WordPiece"},
                       {"unk_token", unknown},
                       {"continuing_subword_prefix", "##"},
                       {"max_input_chars_per_word", 100},
                       {"vocab", vocabulary}}}};
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "tokenizer.json") << json.dump();
  Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
  if (!of.end.empty()) config["eos_token"] = of.end;
  std::ofstream(folder / "tokenizer_config.json") << config.dump();
  return folder;
}

// Every id of `count` is a word, "t17", so that a golden's ids can be written as text.
inline SmallTokenizer numbers_tokenizer(int count = 160) {
  SmallTokenizer of;
  for (int id = 0; id < count; ++id) of.words.push_back(message("t", id));
  return of;
}

inline std::string text_of(std::span<const int64_t> ids) {
  std::string text;
  for (const int64_t id : ids) text += message(text.empty() ? "t" : " t", id);
  return text;
}

// The texts of "PREFIXids" of a golden, one a sequence.
inline std::vector<std::string> golden_texts(const Goldens& goldens, const std::string& prefix = "") {
  const std::vector<int64_t>&ids = goldens.integers(prefix + "ids"), &offsets = goldens.integers(prefix + "offsets");
  std::vector<std::string> texts;
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    texts.push_back(text_of({&ids[size_t(offsets[i])], size_t(offsets[i + 1] - offsets[i])}));
  return texts;
}

// BERT's, with some words.
inline SmallTokenizer bert_tokenizer() {
  return {
      .specials = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"},
      .words = {"good", "bad",  "the",  "film", "book", "was",   "is",   "very", "not", "a",    "who", "saw", "lives",
                "in",   "rome", "anna", "bob",  "play", "##ing", "##ed", "walk", "red", "blue", ".",   "one", "two"},
      .before = "[CLS]",
      .between = "[SEP]",
      .after = "[SEP]",
      .end = "[SEP]"};
}

}  // namespace graft
