// SPDX-License-Identifier: Apache-2.0
//
// The way of one text through the pipeline, up to the template.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.hpp"
#include "tokenizers/encoded_text.hpp"
#include "tokenizers/normalize.hpp"
#include "tokenizers/token_model.hpp"

namespace graft::inline v0 {

struct PipelineOptions;
struct PipelineParts;

// What a pass needs to know of the pipeline.
struct PassContext {
  const PipelineParts& parts;
  const TokenModel& model;
  const AddedTokenFinder& original;    // of added tokens, in the text as it is
  const AddedTokenFinder& normalized;  // and in normalized text
};

class Pass {
 public:
  // Runs through. The text must outlive the pass.
  Pass(const PassContext& context, std::string_view text, const PipelineOptions& options, bool with_spans);

  std::vector<int32_t>& ids() { return run_.ids; }
  std::vector<TextSpan>& spans() { return spans_; }  // bytes of each token, when with_spans

 private:
  // A stretch of text: of another one, where it stands at `base`, or of what that became when it was rewritten; origins
  // then lead back, relative to `base`.
  struct Part {
    std::string_view text;
    const NormalizedText* rewritten;  // null: text stands in the parent as it is
    const Part* parent;               // null: the original text
    size_t base;
  };
  TextSpan original(const Part& part, size_t begin, size_t end) const;
  bool admits(const AddedToken& token, TextSpan where) const;
  void add_token(const AddedToken& token, TextSpan where);
  void normalize(size_t begin, size_t end);
  void find_normalized(const Part& part);
  void split(size_t level, const Part& part, std::string_view piece);
  void rewrite(size_t level, const Part& part, std::string_view piece);
  void add_spans(const Part& part);
  TextSpan trimmed(TextSpan span, size_t leading, size_t trailing) const;

  PassContext context_;
  std::string_view text_;
  const PipelineOptions& options_;
  bool with_spans_;
  bool with_origins_;  // whether places in the original text are asked for
  TokenRun run_;
  std::vector<TextSpan> spans_;
  std::vector<NormalizedText> rewritten_;  // by each step of the pre-tokenizer, used again and again
};

}  // namespace graft::inline v0
