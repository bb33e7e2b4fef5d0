// SPDX-License-Identifier: Apache-2.0
//
// Pre-tokenizers: they cut a text into the pieces that the model merges within. The patterns of the common tokenizers
// are recognised by their text and split by hand; all others are matched by PCRE2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "support/piece_sink.hpp"
#include "tokenizers/normalize.hpp"

namespace graft::inline v0 {

// Cuts a piece into smaller ones, handed on from left to right. May be called from many threads.
class Splitter {
 public:
  virtual ~Splitter() = default;
  virtual void split(std::string_view text, PieceSink take) const = 0;
};

// A step of a pre-tokenizer: pieces are cut, or each is rewritten.
struct SplitStep {
  std::unique_ptr<Splitter> splitter = nullptr;
  std::unique_ptr<Normalizer> rewriter = nullptr;
  bool only_first = false;  // rewrites only the piece at the beginning of the text
};

// What becomes of the places where a pattern matches.
enum class SplitBehavior { isolated, removed, merged_with_previous, merged_with_next, contiguous };

// GPT-2: contractions, and words, numbers and symbols with the space before them.
std::unique_ptr<Splitter> gpt2_splitter();
// Llama 3 and cl100k (digits = 3), Qwen 2 (digits = 1): numbers of at most so many digits, newlines apart.
std::unique_ptr<Splitter> cl100k_splitter(int digits);
// Numbers apart from the rest, digit by digit or as a whole.
std::unique_ptr<Splitter> digits_splitter(bool individual);

// At white space, which is left out.
std::unique_ptr<Splitter> white_space_splitter();
// At white space, and every punctuation mark stands alone.
std::unique_ptr<Splitter> bert_splitter();
// Words (\w+) and runs of other characters; white space is left out.
std::unique_ptr<Splitter> word_splitter();
// Before every mark; or only before the first of several, so that runs of marks stay whole.
std::unique_ptr<Splitter> mark_splitter(const std::string& mark);
std::unique_ptr<Splitter> mark_run_splitter(const std::string& mark);

// The splitter for a regular expression, or for its complement when `invert`. `where` begins error messages.
std::unique_ptr<Splitter> pattern_splitter(const std::string& expression, SplitBehavior, bool invert,
                                           const std::string& where);
std::unique_ptr<Splitter> literal_splitter(const std::string& text, SplitBehavior, bool invert,
                                           const std::string& where);

}  // namespace graft::inline v0
