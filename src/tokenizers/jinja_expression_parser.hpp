// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tokenizers/jinja_syntax.hpp"
#include "tokenizers/jinja_token_stream.hpp"

namespace graft::inline v0::jinja {

// Parses expressions by recursive descent, one function a level of precedence.
class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  ExpressionPtr expression();                    // with `a if b else c`
  ExpressionPtr expression_without_condition();  // what a loop goes through, since its `if` is a filter
  ExpressionPtr tuple();                         // a, b: a list without brackets
  // A chain of filters, without the value that they begin with.
  ExpressionPtr filter_chain();

 private:
  class Nesting;
  ExpressionPtr make(ExpressionKind kind, std::string name, std::vector<ExpressionPtr> children);
  ExpressionPtr constant(Value value);
  ExpressionPtr binary(ExpressionKind kind, std::string name, ExpressionPtr left, ExpressionPtr right);
  ExpressionPtr either();
  ExpressionPtr both();
  ExpressionPtr negation();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr joined();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool with_filters);
  ExpressionPtr primary();
  ExpressionPtr number();
  ExpressionPtr bracketed();
  ExpressionPtr map();
  ExpressionPtr postfix(ExpressionPtr value);
  ExpressionPtr subscript(ExpressionPtr value);
  ExpressionPtr filters(ExpressionPtr value);
  ExpressionPtr filter(ExpressionPtr value);
  ExpressionPtr test(ExpressionPtr value);
  ExpressionPtr call(ExpressionPtr callee);
  void arguments(Expression& called);

  TokenStream& tokens_;
  int nesting_ = 0;
};

}  // namespace graft::inline v0::jinja
