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
#include "tokenizers/pipeline.hpp"

namespace graft::inline v0 {

// The vocabulary of a GGUF file: the keys tokenizer.ggml.* without that prefix.
struct GgufVocabulary {
  std::string model;  // "gpt2"
  std::string pre;    // names the pre-tokenizer
  std::vector<std::string_view> tokens, merges;
  std::vector<int32_t> token_types;  // may be empty: all are normal
  std::optional<int32_t> bos, eos, padding, unknown;
  std::optional<bool> add_bos, add_eos;
};

// `file` begins the message of every error. FileError: the tokenizer is damaged; UnsupportedError: it is of a kind that
// is not known yet. The file's own truncation and padding are not applied: nothing is cut unless the caller says so.
PipelineParts read_tokenizer_json(const Json& tokenizer, const std::string& file);
PipelineParts read_gguf_vocabulary(const GgufVocabulary& vocabulary, const std::string& file);

}  // namespace graft::inline v0
