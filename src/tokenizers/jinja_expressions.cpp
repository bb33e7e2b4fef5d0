// SPDX-License-Identifier: Apache-2.0
#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/jinja_evaluator.hpp"
#include "tokenizers/jinja_level.hpp"
#include "tokenizers/jinja_library.hpp"
#include "tokenizers/jinja_operators.hpp"

namespace graft::inline v0::jinja {
namespace {

constexpr uint64_t kMostSteps = 4'000'000;
constexpr uint64_t kLeastBytes = 256 << 20, kBytesAnInputByte = 256;

}  // namespace

Value Scope::get(std::string_view name) const {
  for (const Scope* scope = this; scope; scope = scope->outer_)
    for (const auto& [known, value] : scope->variables_)
      if (known == name) return value;
  return {};
}

void Scope::set(const std::string& name, Value value) {
  for (auto& [known, old] : variables_)
    if (known == name) {
      old = std::move(value);
      return;
    }
  variables_.emplace_back(name, std::move(value));
}

Evaluator::Evaluator(Scope& globals, size_t input_bytes)
    : globals_(globals), byte_limit_(kLeastBytes + kBytesAnInputByte * input_bytes) {}

void Evaluator::spend(size_t steps) {
  steps_ += steps;
  check<ResourceError>(steps_ <= kMostSteps, "it takes more than ", kMostSteps, " steps");
}

// What a template makes in all is limited, whether it keeps it or not.
void Evaluator::account(const Value& value) {
  if (value.text()) bytes_ += value.text()->size();
  if (value.list()) spend(value.list()->items.size() / 16);
  check<ResourceError>(bytes_ <= byte_limit_, "it makes more than ", byte_limit_, " bytes of text");
}

Value Evaluator::evaluate(const Expression& expression, Scope& scope) {
  const Level level(depth_);
  spend(1);
  line_ = expression.line;
  Value value = evaluate_kind(expression, scope);
  if (expression.kind != ExpressionKind::name && expression.kind != ExpressionKind::constant) account(value);
  return value;
}

Value Evaluator::optional(const ExpressionPtr& expression, Scope& scope) {
  return expression ? evaluate(*expression, scope) : Value();
}

Value Evaluator::evaluate_kind(const Expression& expression, Scope& scope) {
  const auto child = [&](size_t i) { return optional(expression.children[i], scope); };
  switch (expression.kind) {
    case ExpressionKind::constant:
      return expression.value;
    case ExpressionKind::name:
      return scope.get(expression.name);
    case ExpressionKind::list:
      return make_list(expression, scope);
    case ExpressionKind::map:
      return make_map(expression, scope);
    case ExpressionKind::attribute:
      return attribute_of(child(0), expression.name);
    case ExpressionKind::item: {
      const Value object = child(0);
      return item_of(object, child(1));
    }
    case ExpressionKind::slice: {
      const Value object = child(0), from = child(1), to = child(2);
      return slice_of(object, from, to, child(3));
    }
    case ExpressionKind::call:
      return call(expression, scope, nullptr);
    case ExpressionKind::filter:
      return filtered(expression, scope, nullptr);
    case ExpressionKind::test: {
      const Value subject = child(0);
      return apply_test(expression.name, subject, arguments(expression, scope));
    }
    case ExpressionKind::unary: {
      const Value operand = child(0);
      if (expression.name == "not") return !operand.is_true();
      return expression.name == "-" ? negative(operand) : operand;
    }
    case ExpressionKind::binary: {
      const Value left = child(0);
      return apply_operator(expression.name, left, child(1));
    }
    case ExpressionKind::both: {
      Value left = child(0);
      return left.is_true() ? child(1) : left;
    }
    case ExpressionKind::either: {
      Value left = child(0);
      return left.is_true() ? left : child(1);
    }
    case ExpressionKind::conditional:
      return child(1).is_true() ? child(0) : child(2);
  }
  return {};
}

Value Evaluator::make_list(const Expression& expression, Scope& scope) {
  std::vector<Value> items;
  for (const ExpressionPtr& item : expression.children) items.push_back(evaluate(*item, scope));
  return Value::list(std::move(items));
}

Value Evaluator::make_map(const Expression& expression, Scope& scope) {
  std::vector<Entry> entries;
  for (size_t i = 0; i + 1 < expression.children.size(); i += 2) {
    Value key = evaluate(*expression.children[i], scope);
    entries.emplace_back(std::move(key), evaluate(*expression.children[i + 1], scope));
  }
  return Value::map(std::move(entries));
}

// Children from the second on, and what is named.
Arguments Evaluator::arguments(const Expression& expression, Scope& scope) {
  Arguments given;
  given.called = expression.name;
  for (size_t i = 1; i < expression.children.size(); ++i)
    given.values.push_back(evaluate(*expression.children[i], scope));
  for (const auto& [name, value] : expression.named) given.named.emplace_back(name, evaluate(*value, scope));
  return given;
}

// A chain of filters begins with its own value, or with `subject` in a filter block.
Value Evaluator::filtered(const Expression& filter, Scope& scope, const Value* subject) {
  const ExpressionPtr& inner = filter.children[0];
  const bool continues = subject && inner;
  const Value value = continues ? filtered(*inner, scope, subject) : subject ? *subject : evaluate(*inner, scope);
  return apply_filter(filter.name, value, arguments(filter, scope));
}

// `caller`, unless null, is what the called macro finds under that name.
Value Evaluator::call(const Expression& expression, Scope& scope, const Value* caller) {
  const Expression& callee = *expression.children[0];
  if (callee.kind == ExpressionKind::attribute) {
    const Value object = evaluate(*callee.children[0], scope);
    Arguments given = arguments(expression, scope);
    given.called = callee.name;
    return call_method(object, callee.name, given);
  }
  const Value function = evaluate(callee, scope);
  check(function.function() != nullptr, in_quotes(callee.name), " is ", function.kind(), ", expected a function");
  Arguments given = arguments(expression, scope);
  given.called = callee.name;
  if (caller) given.named.emplace_back("caller", *caller);
  return (*function.function())(given);
}

}  // namespace graft::inline v0::jinja
