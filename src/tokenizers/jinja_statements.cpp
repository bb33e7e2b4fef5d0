// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tokenizers/jinja_evaluator.hpp"
#include "tokenizers/jinja_level.hpp"
#include "tokenizers/jinja_library.hpp"

namespace graft::inline v0::jinja {
namespace {

constexpr size_t kStepsARound = 8;  // the making of `loop` costs about as much

// What a template finds under the name `loop`.
Value loop_value(const std::vector<Value>& items, size_t round) {
  const auto number = [](size_t value) { return Value(static_cast<int64_t>(value)); };
  const size_t count = items.size();
  return Value::map({{"index", number(round + 1)},
                     {"index0", number(round)},
                     {"revindex", number(count - round)},
                     {"revindex0", number(count - round - 1)},
                     {"first", round == 0},
                     {"last", round + 1 == count},
                     {"length", number(count)},
                     {"depth", number(1)},
                     {"depth0", number(0)},
                     {"previtem", round > 0 ? items[round - 1] : Value()},
                     {"nextitem", round + 1 < count ? items[round + 1] : Value()}},
                    Map::loop);
}

}  // namespace

Text Evaluator::run(const Body& body) {
  Text out;
  run(body, globals_, out);
  return out;
}

Evaluator::Flow Evaluator::run(const Body& body, Scope& scope, Text& out) {
  const Level level(depth_);
  for (const Statement& statement : body) {
    const Flow flow = run(statement, scope, out);
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

Evaluator::Flow Evaluator::run(const Statement& statement, Scope& scope, Text& out) {
  spend(1);
  line_ = statement.line;
  switch (statement.kind) {
    case StatementKind::text:
      out.append(statement.text);
      break;
    case StatementKind::output:
      out.append(to_text(evaluate(*statement.value, scope)));
      break;
    case StatementKind::condition:
      return run(evaluate(*statement.value, scope).is_true() ? statement.body : statement.otherwise, scope, out);
    case StatementKind::loop:
      return run_loop(statement, scope, out);
    case StatementKind::assign:
      assign(statement, scope);
      break;
    case StatementKind::capture:
    case StatementKind::filtered:
      return run_filtered(statement, scope, out);
    case StatementKind::macro:
      scope.set(statement.targets[0], define(statement));
      break;
    case StatementKind::call:
      run_call(statement, scope, out);
      break;
    case StatementKind::block:
      return run_block(statement, scope, out);
    case StatementKind::exit_loop:
      return Flow::exit_loop;
    case StatementKind::next_round:
      return Flow::next_round;
  }
  return Flow::on;
}

// With a filter, what it lets through; a filter sees the item, but not this loop.
std::vector<Value> Evaluator::loop_items(const Statement& loop, Scope& scope) {
  std::vector<Value> items = items_of(evaluate(*loop.value, scope));
  if (!loop.filter) return items;
  std::vector<Value> chosen;
  for (Value& item : items) {
    spend(1);
    Scope inner(&scope);
    unpack(loop.targets, item, inner);
    if (evaluate(*loop.filter, inner).is_true()) chosen.push_back(std::move(item));
  }
  return chosen;
}

Evaluator::Flow Evaluator::run_loop(const Statement& loop, Scope& scope, Text& out) {
  const std::vector<Value> items = loop_items(loop, scope);
  if (items.empty()) return run(loop.otherwise, scope, out);
  for (size_t round = 0; round < items.size(); ++round) {
    spend(kStepsARound);
    Scope inner(&scope);
    inner.set("loop", loop_value(items, round));
    unpack(loop.targets, items[round], inner);
    if (run(loop.body, inner, out) == Flow::exit_loop) break;
  }
  return Flow::on;
}

void Evaluator::unpack(const std::vector<std::string>& targets, const Value& value, Scope& scope) {
  if (targets.size() == 1) return scope.set(targets[0], value);
  const std::vector<Value> parts = items_of(value);
  check(parts.size() == targets.size(), "cannot unpack ", parts.size(), " values into ", targets.size(), " variables");
  for (size_t i = 0; i < parts.size(); ++i) scope.set(targets[i], parts[i]);
}

void Evaluator::assign(const Statement& statement, Scope& scope) {
  Value value = evaluate(*statement.value, scope);
  if (statement.attribute.empty()) return unpack(statement.targets, value, scope);
  scope.get(statement.targets[0]).set(statement.attribute, std::move(value));
}

Evaluator::Flow Evaluator::run_block(const Statement& block, Scope& scope, Text& out) {
  Scope inner(&scope);
  for (const Parameter& parameter : block.parameters) inner.set(parameter.name, evaluate(*parameter.otherwise, scope));
  return run(block.body, inner, out);
}

Evaluator::Flow Evaluator::run_filtered(const Statement& statement, Scope& scope, Text& out) {
  Text written;
  Scope inner(&scope);
  const Flow flow = run(statement.body, inner, written);
  Value value(std::move(written));
  if (statement.filter) value = filtered(*statement.filter, scope, &value);
  account(value);
  if (statement.kind == StatementKind::capture) {
    check(statement.attribute.empty(), "a set block of an attribute is not supported");
    unpack(statement.targets, value, scope);
  } else {
    out.append(to_text(value));
  }
  return flow;
}

Value Evaluator::define(const Statement& macro) {
  return Function([this, &macro](Arguments& arguments) -> Value { return call_macro(macro, arguments); });
}

// A macro sees its arguments and the variables of the template, not those of its caller.
Text Evaluator::call_macro(const Statement& macro, Arguments& given) {
  const Level level(depth_);
  const std::string& name = macro.targets[0];
  check(given.values.size() <= macro.parameters.size(), "macro ", name, " got ", given.values.size(),
        " values, expected at most ", macro.parameters.size());
  Scope inner(&globals_);
  for (const auto& named : given.named) {
    const bool is_caller = named.first == "caller";
    const bool known = is_caller || std::any_of(macro.parameters.begin(), macro.parameters.end(),
                                                [&](const Parameter& p) { return p.name == named.first; });
    check(known, "macro ", name, " has no parameter ", in_quotes(named.first));
    if (is_caller) inner.set(named.first, named.second);
  }
  for (size_t i = 0; i < macro.parameters.size(); ++i) {
    const Parameter& parameter = macro.parameters[i];
    Value value = given.get(i, parameter.name);
    const bool absent = value.is_undefined() && parameter.otherwise;
    inner.set(parameter.name, absent ? evaluate(*parameter.otherwise, inner) : std::move(value));
  }
  Text out;
  run(macro.body, inner, out);
  return out;
}

void Evaluator::run_call(const Statement& statement, Scope& scope, Text& out) {
  const Value caller = Function([&](Arguments&) -> Value {
    const Level level(depth_);
    Scope inner(&scope);
    Text written;
    run(statement.body, inner, written);
    return written;
  });
  out.append(to_text(call(*statement.value, scope, &caller)));
}

}  // namespace graft::inline v0::jinja
