// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_parser.hpp"

#include <initializer_list>

#include "tokenizers/jinja_expression_parser.hpp"
#include "tokenizers/jinja_token_stream.hpp"

namespace graft::inline v0::jinja {
namespace {

constexpr int kDeepestBlocks = 60;

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(tokenize(source)), expressions_(tokens_) {}

  Body run() {
    Body body = statements({});
    if (!tokens_.is(Token::end)) tokens_.refuse("a statement that may stand here");
    return body;
  }

 private:
  // Up to a block that begins with one of `ends`, whose name is left to be read, or to the end of the template.
  Body statements(std::initializer_list<std::string_view> ends) {
    check<FileError>(++depth_ <= kDeepestBlocks, "line ", tokens_.line(), ": blocks are nested more than ",
                     kDeepestBlocks, " levels deep");
    Body body;
    while (!tokens_.is(Token::end)) {
      if (tokens_.is(Token::data)) {
        body.push_back({StatementKind::text, tokens_.line()});
        body.back().text = Text(tokens_.next().value);
      } else if (tokens_.is(Token::output_begin)) {
        tokens_.next();
        body.push_back({StatementKind::output, tokens_.line()});
        body.back().value = expressions_.tuple();
        tokens_.expect(Token::output_end, "}}");
      } else {
        tokens_.expect(Token::block_begin, "{%");
        if (ends_here(ends)) break;
        statement(body);
      }
    }
    --depth_;
    return body;
  }

  bool ends_here(std::initializer_list<std::string_view> ends) const {
    for (const std::string_view end : ends)
      if (tokens_.is_name(end)) return true;
    return false;
  }

  void close() { tokens_.expect(Token::block_end, "%}"); }
  Body block(std::string_view end) {
    close();
    Body body = statements({end});
    tokens_.expect_name(end);
    close();
    return body;
  }

  void statement(Body& body) {
    const int line = tokens_.line();
    const std::string name = tokens_.name();
    Statement made{StatementKind::block, line};
    if (name == "if") {
      made = condition(line);
    } else if (name == "for") {
      made = loop(line);
    } else if (name == "set") {
      made = assignment(line);
    } else if (name == "macro") {
      made = macro(line);
    } else if (name == "call") {
      made.kind = StatementKind::call;
      made.value = expressions_.expression();
      if (made.value->kind != ExpressionKind::call) tokens_.refuse("a call");
      made.body = block("endcall");
    } else if (name == "filter") {
      made.kind = StatementKind::filtered;
      made.filter = expressions_.filter_chain();
      made.body = block("endfilter");
    } else if (name == "with") {
      made = with(line);
    } else if (name == "generation") {
      made.body = block("endgeneration");
    } else if (name == "break" || name == "continue") {
      check<FileError>(loops_ > 0, "line ", line, ": ", name, " outside of a loop");
      made.kind = name == "break" ? StatementKind::exit_loop : StatementKind::next_round;
      close();
    } else {
      fail<UnsupportedError>("line ", line, ": the statement ", in_quotes(name), " is not supported");
    }
    body.push_back(std::move(made));
  }

  Statement condition(int line) {
    Statement made{StatementKind::condition, line};
    made.value = expressions_.expression();
    close();
    made.body = statements({"elif", "else", "endif"});
    if (tokens_.skip_name("elif")) {
      ++depth_;  // each further branch is an if inside the last one
      made.otherwise.push_back(condition(tokens_.line()));
      --depth_;
      return made;
    }
    if (tokens_.skip_name("else")) {
      close();
      made.otherwise = statements({"endif"});
    }
    tokens_.expect_name("endif");
    close();
    return made;
  }

  Statement loop(int line) {
    Statement made{StatementKind::loop, line};
    made.targets = targets();
    tokens_.expect_name("in");
    made.value = expressions_.expression_without_condition();
    if (tokens_.skip_name("if")) made.filter = expressions_.expression();
    check<UnsupportedError>(!tokens_.is_name("recursive"), "line ", line, ": a recursive loop is not supported");
    close();
    ++loops_;
    made.body = statements({"else", "endfor"});
    --loops_;
    if (tokens_.skip_name("else")) {
      close();
      made.otherwise = statements({"endfor"});
    }
    tokens_.expect_name("endfor");
    close();
    return made;
  }

  // a, b or (a, b)
  std::vector<std::string> targets() {
    const bool bracket = tokens_.skip_symbol("(");
    std::vector<std::string> names;
    do names.push_back(tokens_.name());
    while (tokens_.skip_symbol(","));
    if (bracket) tokens_.expect_symbol(")");
    return names;
  }

  Statement assignment(int line) {
    Statement made{StatementKind::assign, line};
    made.targets = targets();
    if (made.targets.size() == 1 && tokens_.skip_symbol(".")) made.attribute = tokens_.name();
    if (tokens_.skip_symbol("=")) {
      made.value = expressions_.tuple();
      close();
      return made;
    }
    made.kind = StatementKind::capture;
    if (tokens_.skip_symbol("|")) made.filter = expressions_.filter_chain();
    made.body = block("endset");
    return made;
  }

  Statement macro(int line) {
    Statement made{StatementKind::macro, line};
    made.targets.push_back(tokens_.name());
    tokens_.expect_symbol("(");
    while (!tokens_.is_symbol(")")) {
      Parameter parameter{tokens_.name(), nullptr};
      if (tokens_.skip_symbol("=")) parameter.otherwise = expressions_.expression();
      made.parameters.push_back(std::move(parameter));
      if (!tokens_.skip_symbol(",")) break;
    }
    tokens_.expect_symbol(")");
    const int outer_loops = std::exchange(loops_, 0);
    made.body = block("endmacro");
    loops_ = outer_loops;
    return made;
  }

  // with a = 1, b = 2: the values are those of parameters.
  Statement with(int line) {
    Statement made{StatementKind::block, line};
    while (tokens_.is(Token::name)) {
      Parameter parameter{tokens_.name(), nullptr};
      tokens_.expect_symbol("=");
      parameter.otherwise = expressions_.expression();
      made.parameters.push_back(std::move(parameter));
      if (!tokens_.skip_symbol(",")) break;
    }
    made.body = block("endwith");
    return made;
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
  int depth_ = 0, loops_ = 0;
};

}  // namespace

Body parse(std::string_view source) { return Parser(source).run(); }

}  // namespace graft::inline v0::jinja
