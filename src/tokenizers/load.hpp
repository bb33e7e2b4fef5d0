// SPDX-License-Identifier: Apache-2.0
//
// Builds a pipeline from what a tokenizer.json or the metadata of a GGUF file say.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/json.hpp"
#include "support/published_tokenizers.hpp"
#include "tokenizers/pipeline.hpp"

namespace graft::inline v0 {

// The vocabulary of a GGUF file: the keys tokenizer.ggml.* without that prefix.
struct GgufVocabulary {
  std::string model;  // "gpt2", "llama", "bert" or "t5"
  std::string pre;    // names the pre-tokenizer of gpt2
  std::vector<std::string_view> tokens, merges;
  std::vector<int32_t> token_types;  // may be empty: all are normal
  std::vector<float> scores;         // of llama and t5
  std::string charsmap;              // of t5, may be empty
  std::optional<int32_t> bos, eos, padding, unknown, separator;
  std::optional<bool> add_bos, add_eos, add_space_prefix, remove_extra_whitespaces;
};

// What a SentencePiece model says. The texts are those of its file.
struct ScoredVocabulary {
  bool is_unigram = false;  // else byte-pair encoding
  std::vector<std::string_view> tokens;
  std::vector<float> scores;
  std::vector<TokenType> types;
  std::string_view charsmap;         // may be empty
  bool adds_prefix = true;           // a space before the text
  bool removes_extra_spaces = true;  // at the ends of the text, and all but one of several
};

// `file` begins the message of every error. FileError: the tokenizer is damaged; UnsupportedError: it is of a kind that
// is not known yet. The file's own truncation and padding are not applied: nothing is cut unless the caller says so.
PipelineParts read_tokenizer_json(const Json& tokenizer, const std::string& file);
PipelineParts read_gguf_vocabulary(const GgufVocabulary& vocabulary, const std::string& file);
PipelineParts read_scored_vocabulary(const ScoredVocabulary& vocabulary, const std::string& file);
// As fairseq numbers the pieces for XLM-RoBERTa: <s>, <pad>, </s> and <unk> come first, <mask> last.
PipelineParts read_fairseq_vocabulary(const ScoredVocabulary& vocabulary, const std::string& file);

}  // namespace graft::inline v0
