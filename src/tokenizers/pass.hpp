// SPDX-License-Identifier: Apache-2.0
//
// The way of one text through the pipeline, up to the template.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.hpp"
#include "tokenizers/bpe.hpp"
#include "tokenizers/encoded_text.hpp"
#include "tokenizers/normalize.hpp"

namespace graft::inline v0 {

struct PipelineOptions;
struct PipelineParts;

// What a pass needs to know of the pipeline.
struct PassContext {
  const PipelineParts& parts;
  const Bpe& model;
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
  // A piece of the text, perhaps rewritten: its origins then lead back, relative to `base`.
  struct Part {
    std::string_view text;
    const NormalizedText* rewritten;
    size_t base;
  };
  TextSpan original(const Part& part, size_t begin, size_t end) const;
  bool admits(const AddedToken& token, TextSpan where) const;
  void add_token(const AddedToken& token, TextSpan where);
  void normalize(size_t begin, size_t end);
  void find_normalized(const Part& part);
  void encode_part(const Part& part, size_t begin, size_t end);
  void split(size_t level, std::string_view piece, bool lasting);
  void add_spans(const Part& part, size_t begin, std::string_view pieces, bool prefixed);
  TextSpan trimmed(TextSpan span, size_t leading, size_t trailing) const;

  PassContext context_;
  std::string_view text_;
  const PipelineOptions& options_;
  bool with_spans_;
  BpeRun run_;
  std::vector<TextSpan> spans_;
};

}  // namespace graft::inline v0
