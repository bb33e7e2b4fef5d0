// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_expression_parser.hpp"

#include <algorithm>
#include <charconv>

namespace graft::inline v0::jinja {
namespace {

constexpr int kDeepestTree = 400;     // of operators, so that evaluation and destruction end
constexpr int kDeepestBrackets = 60;  // of the parser's own calls

template <class... Children>
std::vector<ExpressionPtr> children(Children... given) {
  std::vector<ExpressionPtr> all;
  (all.push_back(std::move(given)), ...);
  return all;
}

}  // namespace

// Counts how deep the parser is inside brackets.
class ExpressionParser::Nesting {
 public:
  explicit Nesting(ExpressionParser& parser) : nesting_(parser.nesting_) {
    check<FileError>(++nesting_ <= kDeepestBrackets, "line ", parser.tokens_.line(),
                     ": an expression is nested more than ", kDeepestBrackets, " levels deep");
  }
  ~Nesting() { --nesting_; }

 private:
  int& nesting_;
};

ExpressionPtr ExpressionParser::make(ExpressionKind kind, std::string name, std::vector<ExpressionPtr> parts) {
  auto made = std::make_unique<Expression>(Expression{kind, tokens_.line()});
  made->name = std::move(name);
  for (const ExpressionPtr& part : parts)
    if (part) made->depth = std::max(made->depth, part->depth + 1);
  check<FileError>(made->depth <= kDeepestTree, "line ", made->line, ": an expression is nested more than ",
                   kDeepestTree, " levels deep");
  made->children = std::move(parts);
  return made;
}

ExpressionPtr ExpressionParser::constant(Value value) {
  ExpressionPtr made = make(ExpressionKind::constant, "", {});
  made->value = std::move(value);
  return made;
}

ExpressionPtr ExpressionParser::binary(ExpressionKind kind, std::string name, ExpressionPtr left, ExpressionPtr right) {
  return make(kind, std::move(name), children(std::move(left), std::move(right)));
}

ExpressionPtr ExpressionParser::expression() {
  const Nesting nesting(*this);
  ExpressionPtr value = either();
  while (tokens_.skip_name("if")) {
    ExpressionPtr condition = either();
    ExpressionPtr otherwise = tokens_.skip_name("else") ? expression() : nullptr;
    value =
        make(ExpressionKind::conditional, "", children(std::move(value), std::move(condition), std::move(otherwise)));
  }
  return value;
}

ExpressionPtr ExpressionParser::expression_without_condition() {
  const Nesting nesting(*this);
  return either();
}

ExpressionPtr ExpressionParser::tuple() {
  ExpressionPtr first = expression();
  if (!tokens_.is_symbol(",")) return first;
  std::vector<ExpressionPtr> items = children(std::move(first));
  while (tokens_.skip_symbol(",")) {
    if (tokens_.is(Token::block_end) || tokens_.is(Token::output_end) || tokens_.is_symbol(")")) break;
    items.push_back(expression());
  }
  return make(ExpressionKind::list, "", std::move(items));
}

ExpressionPtr ExpressionParser::either() {
  ExpressionPtr left = both();
  while (tokens_.skip_name("or")) left = binary(ExpressionKind::either, "or", std::move(left), both());
  return left;
}

ExpressionPtr ExpressionParser::both() {
  ExpressionPtr left = negation();
  while (tokens_.skip_name("and")) left = binary(ExpressionKind::both, "and", std::move(left), negation());
  return left;
}

ExpressionPtr ExpressionParser::negation() {
  if (!tokens_.is_name("not")) return comparison();
  const Nesting nesting(*this);
  tokens_.next();
  return make(ExpressionKind::unary, "not", children(negation()));
}

ExpressionPtr ExpressionParser::comparison() {
  constexpr std::string_view kOperators[] = {"==", "!=", "<", "<=", ">", ">="};
  ExpressionPtr left = sum();
  for (bool compared = false;;) {
    std::string name;
    for (const std::string_view symbol : kOperators)
      if (tokens_.is_symbol(symbol)) name = symbol;
    if (tokens_.is_name("in")) name = "in";
    if (tokens_.is_name("not") && tokens_.peek(1).kind == Token::name && tokens_.peek(1).value == "in") {
      tokens_.next();
      name = "not in";
    }
    if (name.empty()) return left;
    check<UnsupportedError>(!compared, "line ", tokens_.line(), ": a chain of comparisons is not supported");
    compared = true;
    tokens_.next();
    left = binary(ExpressionKind::binary, std::move(name), std::move(left), sum());
  }
}

ExpressionPtr ExpressionParser::sum() {
  ExpressionPtr left = joined();
  while (tokens_.is_symbol("+") || tokens_.is_symbol("-")) {
    std::string name = tokens_.next().value;
    left = binary(ExpressionKind::binary, std::move(name), std::move(left), joined());
  }
  return left;
}

ExpressionPtr ExpressionParser::joined() {
  ExpressionPtr left = product();
  while (tokens_.skip_symbol("~")) left = binary(ExpressionKind::binary, "~", std::move(left), product());
  return left;
}

ExpressionPtr ExpressionParser::product() {
  ExpressionPtr left = power();
  while (tokens_.is_symbol("*") || tokens_.is_symbol("/") || tokens_.is_symbol("//") || tokens_.is_symbol("%")) {
    std::string name = tokens_.next().value;
    left = binary(ExpressionKind::binary, std::move(name), std::move(left), power());
  }
  return left;
}

ExpressionPtr ExpressionParser::power() {
  ExpressionPtr left = unary(true);
  while (tokens_.skip_symbol("**")) left = binary(ExpressionKind::binary, "**", std::move(left), unary(true));
  return left;
}

ExpressionPtr ExpressionParser::unary(bool with_filters) {
  ExpressionPtr value;
  if (tokens_.is_symbol("-") || tokens_.is_symbol("+")) {
    const Nesting nesting(*this);
    std::string name = tokens_.next().value;
    value = make(ExpressionKind::unary, std::move(name), children(unary(false)));
  } else {
    value = postfix(primary());
  }
  return with_filters ? filters(std::move(value)) : std::move(value);
}

ExpressionPtr ExpressionParser::number() {
  const Token token = tokens_.next();
  const char* begin = token.value.data();
  const char* end = begin + token.value.size();
  double real = 0;
  int64_t integer = 0;
  if (token.kind == Token::integer && std::from_chars(begin, end, integer).ec == std::errc()) return constant(integer);
  check<FileError>(std::from_chars(begin, end, real).ec == std::errc(), "line ", token.line, ": ",
                   in_quotes(token.value), " is out of the range of numbers");
  return constant(real);
}

ExpressionPtr ExpressionParser::primary() {
  if (tokens_.is(Token::integer) || tokens_.is(Token::real)) return number();
  if (tokens_.is(Token::text)) {
    std::string text = tokens_.next().value;
    while (tokens_.is(Token::text)) text += tokens_.next().value;
    return constant(Text(std::move(text)));
  }
  if (tokens_.is(Token::name)) {
    std::string name = tokens_.next().value;
    if (name == "true" || name == "True") return constant(true);
    if (name == "false" || name == "False") return constant(false);
    if (name == "none" || name == "None") return constant(None{});
    return make(ExpressionKind::name, std::move(name), {});
  }
  const Nesting nesting(*this);
  if (tokens_.is_symbol("{")) return map();
  return bracketed();
}

// [a, b], (a, b) or (a)
ExpressionPtr ExpressionParser::bracketed() {
  const bool round = tokens_.is_symbol("(");
  if (!round && !tokens_.is_symbol("[")) tokens_.refuse("a value");
  tokens_.next();
  const std::string_view closing = round ? ")" : "]";
  std::vector<ExpressionPtr> items;
  bool has_comma = false;
  while (!tokens_.is_symbol(closing)) {
    items.push_back(expression());
    if (!tokens_.skip_symbol(",")) break;
    has_comma = true;
  }
  tokens_.expect_symbol(closing);
  if (round && items.size() == 1 && !has_comma) return std::move(items.front());
  return make(ExpressionKind::list, "", std::move(items));
}

ExpressionPtr ExpressionParser::map() {
  tokens_.expect_symbol("{");
  std::vector<ExpressionPtr> parts;
  while (!tokens_.is_symbol("}")) {
    parts.push_back(expression());
    tokens_.expect_symbol(":");
    parts.push_back(expression());
    if (!tokens_.skip_symbol(",")) break;
  }
  tokens_.expect_symbol("}");
  return make(ExpressionKind::map, "", std::move(parts));
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr value) {
  for (;;) {
    if (tokens_.skip_symbol(".")) {
      if (tokens_.is(Token::integer)) {
        value = binary(ExpressionKind::item, "", std::move(value), number());
      } else {
        value = make(ExpressionKind::attribute, tokens_.name(), children(std::move(value)));
      }
    } else if (tokens_.is_symbol("[")) {
      value = subscript(std::move(value));
    } else if (tokens_.is_symbol("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

// value[index] or value[from:to:step]
ExpressionPtr ExpressionParser::subscript(ExpressionPtr value) {
  tokens_.expect_symbol("[");
  const Nesting nesting(*this);
  std::vector<ExpressionPtr> parts = children(std::move(value));
  bool is_slice = false;
  do {
    const bool absent = tokens_.is_symbol(":") || tokens_.is_symbol("]");
    parts.push_back(absent ? nullptr : expression());
    is_slice |= tokens_.is_symbol(":");
  } while (parts.size() < 4 && tokens_.skip_symbol(":"));
  tokens_.expect_symbol("]");
  if (!is_slice && !parts.back()) tokens_.refuse("an index");
  if (!is_slice) return make(ExpressionKind::item, "", std::move(parts));
  parts.resize(4);
  return make(ExpressionKind::slice, "", std::move(parts));
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr value) {
  for (;;) {
    if (tokens_.skip_symbol("|")) {
      value = filter(std::move(value));
    } else if (tokens_.is_name("is")) {
      value = test(std::move(value));
    } else if (tokens_.is_symbol("(")) {
      value = call(std::move(value));
    } else {
      return value;
    }
  }
}

ExpressionPtr ExpressionParser::filter(ExpressionPtr value) {
  ExpressionPtr made = make(ExpressionKind::filter, tokens_.name(), children(std::move(value)));
  if (tokens_.is_symbol("(")) arguments(*made);
  return made;
}

ExpressionPtr ExpressionParser::filter_chain() {
  ExpressionPtr chain = filter(nullptr);
  while (tokens_.skip_symbol("|")) chain = filter(std::move(chain));
  return chain;
}

ExpressionPtr ExpressionParser::test(ExpressionPtr value) {
  tokens_.expect_name("is");
  const bool negated = tokens_.skip_name("not");
  ExpressionPtr made = make(ExpressionKind::test, tokens_.name(), children(std::move(value)));
  const auto continues = [&] {
    for (const char* word : {"and", "or", "else", "if", "is", "in", "not"})
      if (tokens_.is_name(word)) return true;
    return false;
  };
  if (tokens_.is_symbol("(")) {
    arguments(*made);
  } else if ((tokens_.is(Token::name) && !continues()) || tokens_.is(Token::text) || tokens_.is(Token::integer) ||
             tokens_.is(Token::real) || tokens_.is_symbol("[") || tokens_.is_symbol("{")) {
    made->children.push_back(postfix(primary()));
  }
  return negated ? make(ExpressionKind::unary, "not", children(std::move(made))) : std::move(made);
}

ExpressionPtr ExpressionParser::call(ExpressionPtr callee) {
  ExpressionPtr made = make(ExpressionKind::call, "", children(std::move(callee)));
  arguments(*made);
  return made;
}

void ExpressionParser::arguments(Expression& called) {
  tokens_.expect_symbol("(");
  const Nesting nesting(*this);
  while (!tokens_.is_symbol(")")) {
    const bool is_named =
        tokens_.is(Token::name) && tokens_.peek(1).kind == Token::symbol && tokens_.peek(1).value == "=";
    if (is_named) {
      std::string name = tokens_.name();
      tokens_.next();
      called.named.emplace_back(std::move(name), expression());
      called.depth = std::max(called.depth, called.named.back().second->depth + 1);
    } else {
      called.children.push_back(expression());
      called.depth = std::max(called.depth, called.children.back()->depth + 1);
    }
    if (!tokens_.skip_symbol(",")) break;
  }
  tokens_.expect_symbol(")");
}

}  // namespace graft::inline v0::jinja
