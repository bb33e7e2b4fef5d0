// SPDX-License-Identifier: Apache-2.0
//
// Examples as the rows of tokens that a model learns.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/pack.hpp"
#include "graft/dataset.hpp"
#include "graft/tokenizer.hpp"

namespace graft::inline v0 {

struct RowOptions {
  size_t max_length = 0;
  bool train_on_prompt = false;
  bool has_prompt = false;  // before each row stand virtual tokens, so that its first token may be learned, too
  std::function<void(const std::string&)> notice = [](const std::string&) {};
};

// Chat: what the template renders; the assistant's messages are learned with the token that ends them. Completions: the
// prompt, then the completion and the end token, which are learned. Text: all of it with an end token, in parts of at
// most max_length. Throws ArgumentError when no row has a token to learn.
std::vector<TokenRow> make_rows(const Tokenizer& tokenizer, const Dataset& data, const RowOptions& options);

// Of examples with two answers, a row each: the chosen one's, then the rejected one's. Answers are learned with the
// token that ends them.
std::vector<TokenRow> make_preference_rows(const Tokenizer& tokenizer, const Dataset& data, const RowOptions& options);

}  // namespace graft::inline v0
