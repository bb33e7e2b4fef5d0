// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/jinja_syntax.hpp"

namespace graft::inline v0::jinja {

// Variables, and the scope around them.
class Scope {
 public:
  explicit Scope(const Scope* outer = nullptr) : outer_(outer) {}
  // Undefined when there is no such variable.
  Value get(std::string_view name) const;
  void set(const std::string& name, Value value);

 private:
  const Scope* outer_;
  std::vector<std::pair<std::string, Value>> variables_;
};

// Runs a template once. Limits on steps, depth, and on the bytes and items that it makes stop one that would not end
// (ResourceError).
class Evaluator {
 public:
  // `input_bytes`: the size of what the template is given; the limit on bytes grows with it.
  Evaluator(Scope& globals, size_t input_bytes);

  Text run(const Body& body);
  int line() const { return line_; }  // that was reached last

 private:
  enum class Flow : uint8_t { on, exit_loop, next_round };
  class Level;

  Flow run(const Body& body, Scope& scope, Text& out);
  Flow run(const Statement& statement, Scope& scope, Text& out);
  Flow run_loop(const Statement& loop, Scope& scope, Text& out);
  Flow run_block(const Statement& block, Scope& scope, Text& out);
  Flow run_filtered(const Statement& statement, Scope& scope, Text& out);
  void run_call(const Statement& call, Scope& scope, Text& out);
  void assign(const Statement& statement, Scope& scope);
  void unpack(const std::vector<std::string>& targets, const Value& value, Scope& scope);
  std::vector<Value> loop_items(const Statement& loop, Scope& scope);
  Value define(const Statement& macro);
  Text call_macro(const Statement& macro, Arguments& arguments);

  Value evaluate(const Expression& expression, Scope& scope);
  Value evaluate_kind(const Expression& expression, Scope& scope);
  Value optional(const ExpressionPtr& expression, Scope& scope);
  Value make_list(const Expression& expression, Scope& scope);
  Value make_map(const Expression& expression, Scope& scope);
  Value filtered(const Expression& filter, Scope& scope, const Value* subject);
  Value call(const Expression& expression, Scope& scope, const Value* caller);
  Arguments arguments(const Expression& expression, Scope& scope);

  void spend(size_t steps);
  void account(const Value& value);

  Scope& globals_;
  uint64_t steps_ = 0, bytes_ = 0, byte_limit_;
  int depth_ = 0, line_ = 0;
};

}  // namespace graft::inline v0::jinja
