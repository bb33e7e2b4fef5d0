// SPDX-License-Identifier: Apache-2.0
//
// What a template is after parsing.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tokenizers/jinja_value.hpp"

namespace graft::inline v0::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

enum class ExpressionKind : unsigned char {
  constant,   // value
  name,       // name
  list,       // children
  map,        // children: key, value, key, value …
  attribute,  // child 0 . name
  item,       // child 0 [ child 1 ]
  slice,      // child 0 [ child 1 : child 2 : child 3 ], each of these may be null
  call,       // child 0 ( children from 1, named )
  filter,     // child 0 | name ( children from 1, named ); child 0 is null in a filter block
  test,       // child 0 is name ( children from 1 )
  unary,      // name child 0
  binary,     // child 0 name child 1
  both,
  either,      // and, or
  conditional  // child 0 if child 1 else child 2, which may be null
};

struct Expression {
  ExpressionKind kind;
  int line = 0;
  int depth = 1;  // of nesting
  std::string name = {};
  Value value = {};
  std::vector<ExpressionPtr> children = {};
  std::vector<std::pair<std::string, ExpressionPtr>> named = {};
};

struct Statement;
using Body = std::vector<Statement>;

struct Parameter {
  std::string name;
  ExpressionPtr otherwise;  // may be null
};

enum class StatementKind : unsigned char {
  text,       // text
  output,     // {{ value }}
  condition,  // if value: body, else otherwise
  loop,       // for targets in value if filter: body, else otherwise
  assign,     // set targets = value, or targets[0].attribute = value
  capture,    // set targets[0] to what body writes, through the filter if there is one
  macro,      // targets[0](parameters): body
  call,       // value is a call; body is what caller() writes
  filtered,   // what body writes goes through the filter
  block,      // body, in a scope of its own: with targets = values
  exit_loop,  // break
  next_round  // continue
};

struct Statement {
  StatementKind kind;
  int line = 0;
  Text text = {};
  ExpressionPtr value = {}, filter = {};
  std::vector<std::string> targets = {};
  std::string attribute = {};
  Body body = {}, otherwise = {};
  std::vector<Parameter> parameters = {};
};

}  // namespace graft::inline v0::jinja
