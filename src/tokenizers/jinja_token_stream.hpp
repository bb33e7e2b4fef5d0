// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/jinja_lexer.hpp"

namespace graft::inline v0::jinja {

// The tokens of a template, read one after the other.
class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek(size_t ahead = 0) const {
    return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
  }
  Token next() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_.back(); }
  int line() const { return peek().line; }

  bool is(Token::Kind kind) const { return peek().kind == kind; }
  bool is(Token::Kind kind, std::string_view value) const { return peek().kind == kind && peek().value == value; }
  bool is_symbol(std::string_view value) const { return is(Token::symbol, value); }
  bool is_name(std::string_view value) const { return is(Token::name, value); }

  bool skip(Token::Kind kind, std::string_view value) {
    if (!is(kind, value)) return false;
    next();
    return true;
  }
  bool skip_symbol(std::string_view value) { return skip(Token::symbol, value); }
  bool skip_name(std::string_view value) { return skip(Token::name, value); }

  void expect_symbol(std::string_view value) {
    if (!skip_symbol(value)) refuse(std::string(value));
  }
  void expect_name(std::string_view value) {
    if (!skip_name(value)) refuse(std::string(value));
  }
  void expect(Token::Kind kind, const char* what) {
    if (!is(kind)) refuse(what);
    next();
  }
  std::string name() {
    if (!is(Token::name)) refuse("a name");
    return next().value;
  }

  [[noreturn]] void refuse(const std::string& expected) const {
    constexpr const char* kNames[] = {"text of the template",   "{%", "%}", "{{", "}}", "", "", "", "", "",
                                      "the end of the template"};
    const Token& found = peek();
    const std::string named = kNames[found.kind];
    fail<FileError>("line ", found.line, ": found ", named.empty() ? in_quotes(found.value) : named, ", expected ",
                    expected);
  }

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace graft::inline v0::jinja
