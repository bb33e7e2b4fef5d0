// SPDX-License-Identifier: Apache-2.0
//
// The sections of a tokenizer.json, one by one. `where` is file and section; it begins the message of every error:
// FileError for what is damaged, UnsupportedError for a kind that is not known yet.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/json.hpp"
#include "tokenizers/added_tokens.hpp"
#include "tokenizers/normalize.hpp"
#include "tokenizers/pipeline.hpp"
#include "tokenizers/split.hpp"

namespace graft::inline v0 {

// The array that a field holds.
const Json& list(const JsonObject& section, const char* name);

// A whole number that may be a token's; nothing for any other value.
std::optional<int32_t> as_id(const Json& json);

std::unique_ptr<Normalizer> read_normalizer(const Json& json, const std::string& where);

struct PreTokenizer {
  std::vector<SplitStep> steps;
  bool byte_level = false;
};
PreTokenizer read_pre_tokenizer(const Json& json, const std::string& where);

PostProcessor read_post_processor(const Json& json, const std::string& where);

std::vector<AddedToken> read_added_tokens(const Json& json, const std::string& where);

// The model's vocabulary with the added tokens, and what the model is made of. `byte_level`: so its tokens are spelled.
void read_model(const Json& json, const std::string& where, PipelineParts& parts);

// All of them but the model, as parts, which keep them.
PipelineParts read_sections(Json sections, const std::string& file);
// FileError: a template names a token that the vocabulary has not.
void check_templates(const PipelineParts& parts, const std::string& file);

}  // namespace graft::inline v0
