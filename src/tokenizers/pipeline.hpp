// SPDX-License-Identifier: Apache-2.0
//
// A tokenizer as a pipeline: added tokens are cut out, the text between them is normalized and split into pieces, the
// model makes tokens of each piece, and a template puts special tokens around the whole.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.hpp"
#include "tokenizers/decode_steps.hpp"
#include "tokenizers/encoded_text.hpp"
#include "tokenizers/model_parts.hpp"
#include "tokenizers/normalize.hpp"
#include "tokenizers/pass.hpp"
#include "tokenizers/post_process.hpp"
#include "tokenizers/split.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

struct PipelineParts {
  Vocabulary vocabulary;  // of the model and the added tokens
  ModelParts model;
  bool byte_level = false;  // the model's tokens are spelled as GPT-2 does
  std::vector<AddedToken> added;
  bool normalizes_added = true;            // added tokens that are found in normalized text are normalized first
  std::vector<int32_t> unused;             // tokens that the model must not make
  std::unique_ptr<Normalizer> normalizer;  // null: none
  std::vector<SplitStep> steps;            // each takes the pieces of the one before
  PostProcessor post;
  DecodeSteps decode;
  Json sections;  // of the tokenizer.json that says the same, all but its model
};

struct PipelineOptions {
  bool special_tokens = true;              // add those of the template
  bool parse_special = true;               // text that spells a special token is that token
  std::span<const TextSpan> foreign = {};  // stretches, in order, in which it never is
  Truncation truncation = {};
};

class Pipeline {
 public:
  explicit Pipeline(PipelineParts parts);
  Pipeline(const Pipeline&) = delete;  // parts of it point to each other
  Pipeline& operator=(const Pipeline&) = delete;

  // The tokens of a text of less than 2³¹ bytes; longer ones are an ArgumentError. All calls are const and may be made
  // from many threads.
  std::vector<int32_t> encode(std::string_view text, const PipelineOptions& options = {}) const;
  EncodedText encode_with_offsets(std::string_view text, const PipelineOptions& options = {}) const;
  EncodedText encode_pair(std::string_view first, std::string_view second, const PipelineOptions& options = {}) const;
  // Each text by itself, on up to `threads` threads.
  std::vector<std::vector<int32_t>> encode_batch(std::span<const std::string> texts, const PipelineOptions& options,
                                                 int threads) const;

  const Vocabulary& vocabulary() const { return parts_.vocabulary; }
  // The token as decoding sees it: added ones that are found in normalized text are normalized themselves.
  std::string_view shown(int32_t id) const;
  const Decoder& decoder() const { return decoder_; }
  // As a tokenizer.json.
  Json describe() const;
  std::optional<int32_t> unknown() const { return unknown_; }

 private:
  PassContext context() const { return {parts_, *model_, original_, normalized_}; }
  size_t text_tokens(const PipelineOptions& options, bool is_pair) const;
  EncodedText tokens(std::string_view text, const PipelineOptions& options) const;

  PipelineParts parts_;
  std::map<int32_t, std::string> normalized_texts_;  // of added tokens
  Decoder decoder_;
  TextTable texts_;  // of the tokens that the model may make
  std::unique_ptr<const TokenModel> model_;
  std::optional<int32_t> unknown_;
  AddedTokenFinder original_, normalized_;
};

}  // namespace graft::inline v0
