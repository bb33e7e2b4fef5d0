// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/jinja_literal.hpp"

namespace graft::inline v0::jinja {
namespace {

constexpr std::array<std::string_view, 30> kSymbols = {"**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/",
                                                       "%",  "~",  "[",  "]",  "(",  ")",  "{", "}", "<", ">",
                                                       "=",  ".",  ":",  "|",  ",",  ";",  "&", "^", "!", "@"};

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One kind of newline, and none at the very end.
std::string plain_newlines(std::string_view source) {
  std::string text;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    text += source[i] == '\r' ? '\n' : source[i];
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(plain_newlines(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      const size_t tag = next_tag();
      const char kind = tag < source_.size() ? source_[tag + 1] : '\0';
      add_data(tag, kind);
      if (tag == source_.size()) break;
      at_ = tag + 2;
      if (at_ < source_.size() && (source_[at_] == '-' || source_[at_] == '+')) ++at_;
      if (kind == '#') {
        skip_comment();
      } else if (kind == '%' && begins_raw()) {
        add_raw();
      } else {
        add(kind == '%' ? Token::block_begin : Token::output_begin, "");
        add_code(kind == '%');
      }
    }
    add(Token::end, "");
    return std::move(tokens_);
  }

 private:
  void add(Token::Kind kind, std::string value) { tokens_.push_back({kind, std::move(value), line()}); }

  // Counted on from the last place that was asked for.
  int line() {
    const size_t here = std::min(at_, source_.size());
    if (here > counted_) {
      line_ += static_cast<int>(std::count(source_.begin() + static_cast<ptrdiff_t>(counted_),
                                           source_.begin() + static_cast<ptrdiff_t>(here), '\n'));
      counted_ = here;
    }
    return line_;
  }

  [[noreturn]] void refuse(const std::string& what) { fail<FileError>("line ", line(), ": ", what); }

  size_t next_tag() const {
    for (size_t i = at_; (i = source_.find('{', i)) != std::string::npos; ++i)
      if (i + 1 < source_.size() && (source_[i + 1] == '%' || source_[i + 1] == '{' || source_[i + 1] == '#')) return i;
    return source_.size();
  }

  // The text up to a tag, without the white space that the tag takes away.
  void add_data(size_t tag, char kind) {
    std::string data = source_.substr(at_, tag - at_);
    const char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    if (kind != '\0' && sign == '-') {
      while (!data.empty() && is_blank(data.back())) data.pop_back();
    } else if ((kind == '%' || kind == '#') && sign != '+') {
      const size_t newline = data.rfind('\n');
      const size_t line_begin = newline == std::string::npos ? 0 : newline + 1;
      const bool whole_line = newline != std::string::npos || at_line_begin_;
      if (whole_line && std::all_of(data.begin() + static_cast<ptrdiff_t>(line_begin), data.end(), is_blank))
        data.resize(line_begin);
    }
    if (!data.empty()) add(Token::data, std::move(data));
  }

  // Behind the end of a tag: `-` takes all white space, a block also takes one newline.
  void close_tag(char sign, bool takes_newline) {
    const size_t from = at_;
    if (sign == '-') {
      while (at_ < source_.size() && is_blank(source_[at_])) ++at_;
    } else if (sign != '+' && takes_newline && at_ < source_.size() && source_[at_] == '\n') {
      ++at_;
    }
    at_line_begin_ = at_ > from && source_[at_ - 1] == '\n';
  }

  void skip_comment() {
    const size_t end = source_.find("#}", at_);
    if (end == std::string::npos) refuse("a comment is not closed");
    const char sign = end > at_ ? source_[end - 1] : '\0';
    at_ = end + 2;
    close_tag(sign, true);
  }

  // The place behind `word` and the end of the tag, or npos; `sign` is the one before the end.
  size_t match_tag(size_t at, std::string_view word, char& sign) const {
    const auto skip_blanks = [&] {
      while (at < source_.size() && is_blank(source_[at])) ++at;
    };
    skip_blanks();
    if (source_.compare(at, word.size(), word) != 0) return std::string::npos;
    at += word.size();
    skip_blanks();
    sign = at < source_.size() ? source_[at] : '\0';
    if (sign == '-' || sign == '+') ++at;
    return source_.compare(at, 2, "%}") == 0 ? at + 2 : std::string::npos;
  }

  bool begins_raw() const {
    char sign = '\0';
    return match_tag(at_, "raw", sign) != std::string::npos;
  }

  void add_raw() {
    char sign = '\0';
    at_ = match_tag(at_, "raw", sign);
    close_tag(sign, false);
    for (size_t tag = source_.find("{%", at_); tag != std::string::npos; tag = source_.find("{%", tag + 2)) {
      const bool signed_tag = tag + 2 < source_.size() && (source_[tag + 2] == '-' || source_[tag + 2] == '+');
      const size_t end = match_tag(tag + 2 + signed_tag, "endraw", sign);
      if (end == std::string::npos) continue;
      add_data(tag, '%');
      at_ = end;
      return close_tag(sign, true);
    }
    refuse("raw is not closed");
  }

  // Whether the tag ends here; `-}}` and `-%}` are no operators.
  bool ends_tag(bool block) {
    if (open_brackets_ > 0) return false;
    const std::string_view closing = block ? "%}" : "}}";
    const char sign = source_[at_] == '-' || (block && source_[at_] == '+') ? source_[at_] : '\0';
    const size_t at = at_ + (sign ? 1 : 0);
    if (source_.compare(at, 2, closing) != 0) return false;
    add(block ? Token::block_end : Token::output_end, "");
    at_ = at + 2;
    close_tag(sign, block);
    return true;
  }

  void add_code(bool block) {
    open_brackets_ = 0;
    for (;;) {
      while (at_ < source_.size() && is_blank(source_[at_])) ++at_;
      if (at_ == source_.size()) refuse("a tag is not closed");
      if (ends_tag(block)) return;
      const char c = source_[at_];
      if (is_digit(c)) {
        add_number();
      } else if (begins_name(c)) {
        const size_t from = at_;
        while (at_ < source_.size() && is_in_name(source_[at_])) ++at_;
        add(Token::name, source_.substr(from, at_ - from));
      } else if (c == '\'' || c == '"') {
        add_text(c);
      } else {
        add_symbol();
      }
    }
  }

  void add_number() {
    const size_t from = at_;
    const auto digits = [&] {
      while (at_ < source_.size() && (is_digit(source_[at_]) || source_[at_] == '_')) ++at_;
    };
    bool real = false;
    digits();
    if (at_ + 1 < source_.size() && source_[at_] == '.' && is_digit(source_[at_ + 1])) {
      real = true;
      ++at_;
      digits();
    }
    if (at_ < source_.size() && (source_[at_] == 'e' || source_[at_] == 'E')) {
      const size_t sign = at_ + 1 < source_.size() && (source_[at_ + 1] == '-' || source_[at_ + 1] == '+') ? 1 : 0;
      if (at_ + 1 + sign < source_.size() && is_digit(source_[at_ + 1 + sign])) {
        real = true;
        at_ += 1 + sign;
        digits();
      }
    }
    std::string value = source_.substr(from, at_ - from);
    std::erase(value, '_');
    add(real ? Token::real : Token::integer, std::move(value));
  }

  void add_text(char quote) {
    const size_t from = at_ + 1;
    size_t end = from;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) refuse("a text is not closed");
    add(Token::text, undo_escapes(std::string_view(source_).substr(from, end - from)));
    at_ = end + 1;
  }

  void add_symbol() {
    for (const std::string_view symbol : kSymbols) {
      if (source_.compare(at_, symbol.size(), symbol) != 0) continue;
      const char c = symbol[0];
      if (c == '(' || c == '[' || c == '{') ++open_brackets_;
      if (c == ')' || c == ']' || c == '}') --open_brackets_;
      if (open_brackets_ < 0) refuse("a bracket is closed that was not opened");
      add(Token::symbol, std::string(symbol));
      at_ += symbol.size();
      return;
    }
    refuse("unexpected character " + in_quotes(source_.substr(at_, 1)));
  }

  std::string source_;
  std::vector<Token> tokens_;
  size_t at_ = 0, counted_ = 0;
  int line_ = 1, open_brackets_ = 0;
  bool at_line_begin_ = true;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

}  // namespace graft::inline v0::jinja
